import { z } from "zod";
import { type CompressionConfig, Config, LADDER, type LadderRung, type TrainingConfig } from "#contracts/config.ts";
import type { Example } from "#contracts/example.ts";
import type { Metrics } from "#contracts/manifest.ts";
import { fromArrow } from "#datasets/arrow.ts";
import { decodeModel } from "#model/codec.ts";
import { type Candidate, chooseRung } from "#policy/compression-choice.ts";
import { type GateResult, judgeCompression } from "#policy/compression-gate.ts";
import { sha256 } from "#stores/digest.ts";
import { compress as toRung } from "#training/compress.ts";
import { evaluate } from "#training/evaluate.ts";
import { measureCompression } from "#training/gate.ts";
import { pinsOf } from "#training/pinning.ts";
import { refitWhereBetter } from "#training/refit.ts";
import { queriesOf, testQueries } from "./scoring.ts";
import type { StageContext, StageWork } from "./stage.ts";

const Asked = z.object({ seed: z.number().int() });
const Settings = z.object({ training: Config.shape.training, compression: Config.shape.compression });

/** A rung of the ladder as it came out. */
interface Step extends Candidate {
  rung: LadderRung;
  model: Uint8Array;
  top1: number;
  agreement: number;
  gate: GateResult;
  /** Whether it keeps its own row of the ladder (specification 6.2), by what was measured, without interval. */
  onLadder: boolean;
  /** Microseconds a query of the model as trained over those of this rung (specification 3.2 `inference_speedup`). */
  speedup: number;
}

/**
 * `05:compress`: brings the model to every rung of the ladder and measures each on the same test queries against the model as
 * trained. Each rung is an artefact with its own report; `policy/compression-choice.ts` says which goes on.
 */
export const compress =
  () =>
  async ({ call, input }: StageContext): Promise<StageWork> => {
    const settings = Settings.parse(call.settings);
    const { seed } = Asked.parse(call.asked);
    const original = await input("model");
    const { examples } = fromArrow(await input("dataset"));
    const { steps, before, pinned } = await climb(original, examples, { ...settings, seed });
    const { shipped, warning } = chooseRung(steps, settings.compression.shipBytes);
    const report = (step: Step): Metrics => rungMetrics(step, original.byteLength, before);
    return {
      kind: "model",
      bytes: shipped.model,
      metrics: {
        original_bytes: original.byteLength,
        ...report(shipped),
        accuracy_loss: shipped.gate.metrics.accuracy_impact,
        pinned: pinned.size,
        ...finite(shipped.gate.metrics),
        ...Object.assign({}, ...steps.map(ladderMetrics)),
      },
      timings: Object.fromEntries(steps.map(({ rung, speedup }) => [`${rung}_inference_speedup`, speedup])),
      beside: Object.fromEntries(
        steps
          .filter((step) => step !== shipped)
          .map((step) => [step.rung, { kind: "model" as const, bytes: step.model, metrics: report(step) }]),
      ),
      summary: `${shipped.rung}, ${size(shipped.model)} of ${size(original)}, top-1 ${shipped.top1.toFixed(3)} of ${before.toFixed(3)}, gate ${
        shipped.passed ? "passed" : "not passed"
      }${warning === undefined ? "" : `; ${warning}`}; ladder: ${steps.map(({ rung, model, top1 }) => `${rung} ${size(model)} ${top1.toFixed(3)}`).join(", ")}`,
    };
  };

interface Climb {
  readonly steps: readonly Step[];
  /** Top-1 of the model as trained. */
  readonly before: number;
  readonly pinned: ReadonlySet<number>;
}

async function climb(
  original: Uint8Array,
  examples: readonly Example[],
  { training, compression, seed }: { training: TrainingConfig; compression: CompressionConfig; seed: number },
): Promise<Climb> {
  const trained = decodeModel(original);
  const [learnt, dev, queries] = [queriesOf(examples, "train"), queriesOf(examples, "dev"), testQueries(examples)];
  const { keys: pinned } = pinsOf(compression.pinned, trained, learnt);
  const { top1, microsPerQuery } = evaluate(trained, queries);
  const steps: Step[] = [];
  for (const rung of LADDER) {
    // A limit holds for what can keep it by a coarser step; the first rungs have their size.
    const maxBytes = rung === training.rung ? training.maxBytes : 0;
    const plain = toRung(original, rung, maxBytes, pinned);
    const model =
      rung === "coded"
        ? await refitWhereBetter(original, plain, {
            ...compression.refit,
            maxBytes,
            pinned,
            seed,
            examples: learnt,
            dev,
          })
        : plain;
    const decoded = decodeModel(model);
    const figures = measureCompression(trained, decoded, queries);
    const gate = judgeCompression(figures, compression);
    const own = compression.ladder[rung];
    steps.push({
      rung,
      model,
      bytes: model.byteLength,
      passed: gate.passed,
      failed: gate.failed,
      correct: dev.length > 0 ? evaluate(decoded, dev).correct : [],
      top1: top1.value - gate.metrics.accuracy_impact,
      agreement: figures.agreement,
      gate,
      onLadder:
        figures.information_retention >= own.information_retention &&
        gate.metrics.accuracy_impact <= own.accuracy_impact,
      speedup: microsPerQuery.p50 / evaluate(decoded, queries).microsPerQuery.p50,
    });
  }
  return { steps, before: top1.value, pinned };
}

/** A rung's own report (specification 3.2), without what differs from run to run. */
const rungMetrics = ({ rung, model, top1, gate }: Step, originalBytes: number, before: number): Metrics => ({
  rung,
  bytes: model.byteLength,
  size_kb: model.byteLength / 1000,
  compression_ratio: originalBytes / model.byteLength,
  ...(before > 0 ? { accuracy_retained: top1 / before } : {}),
  information_retention: gate.metrics.information_retention,
  gate_passed: gate.passed,
  gate_failed: gate.failed.join(", "),
});

const ladderMetrics = ({ rung, model, top1, agreement, gate, onLadder }: Step): Metrics => ({
  [`${rung}_bytes`]: model.byteLength,
  [`${rung}_top1`]: top1,
  [`${rung}_agreement`]: agreement,
  [`${rung}_information_retention`]: gate.metrics.information_retention,
  [`${rung}_gate_passed`]: gate.passed,
  [`${rung}_on_ladder`]: onLadder,
  [`${rung}_sha256`]: sha256(model),
});

const finite = (metrics: GateResult["metrics"]): Metrics =>
  Object.fromEntries(Object.entries(metrics).filter((entry): entry is [string, number] => entry[1] !== null));

const size = (bytes: Uint8Array): string =>
  bytes.byteLength < 1e6 ? `${Math.round(bytes.byteLength / 1e3)} KB` : `${(bytes.byteLength / 1e6).toFixed(1)} MB`;
