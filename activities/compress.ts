import { z } from "zod";
import { Config, LADDER, type LadderRung } from "#contracts/config.ts";
import type { Metrics } from "#contracts/manifest.ts";
import { fromArrow } from "#datasets/arrow.ts";
import { decodeModel } from "#model/codec.ts";
import { type GateResult, judgeCompression } from "#policy/compression-gate.ts";
import { compress as toRung } from "#training/compress.ts";
import { evaluate } from "#training/evaluate.ts";
import { measureCompression } from "#training/gate.ts";
import { testQueries } from "./scoring.ts";
import type { StageContext, StageWork } from "./stage.ts";

const Settings = z.object({ training: Config.shape.training, compression: Config.shape.compression });

/** A rung of the ladder as it came out. */
interface Step {
  rung: LadderRung;
  bytes: Uint8Array;
  top1: number;
  agreement: number;
  gate: GateResult;
  /** Whether it keeps its own row of the ladder (specification 6.2). */
  onLadder: boolean;
}

/**
 * `05:compress`: brings the model to every rung of the ladder and measures each on the same test queries against the model as
 * trained. What goes on is the configured rung, or where the gate refuses it the next larger one that passes.
 */
export const compress =
  () =>
  async ({ call, input }: StageContext): Promise<StageWork> => {
    const { training, compression } = Settings.parse(call.settings);
    const original = await input("model");
    const trained = decodeModel(original);
    const queries = testQueries(fromArrow(await input("dataset")).examples);
    const before = evaluate(trained, queries).top1.value;
    const steps = LADDER.map((rung): Step => {
      // The limit holds for the rung that the vocabulary was chosen for; the others are measured at their own size.
      const bytes = toRung(original, rung, rung === "coded" ? training.maxBytes : 0);
      const figures = measureCompression(trained, decodeModel(bytes), queries);
      const gate = judgeCompression(figures, compression);
      const own = compression.ladder[rung];
      const onLadder =
        figures.information_retention >= own.information_retention &&
        gate.metrics.accuracy_impact <= own.accuracy_impact;
      return { rung, bytes, top1: before - gate.metrics.accuracy_impact, agreement: figures.agreement, gate, onLadder };
    });
    const wanted = LADDER.indexOf(compression.rung);
    const candidates = steps.slice(0, wanted + 1).reverse();
    const shipped = candidates.find(({ gate }) => gate.passed) ?? (candidates[0] as Step);
    const warning =
      shipped.rung !== compression.rung
        ? `; ${compression.rung} was refused: ${(candidates[0] as Step).gate.failed.join(", ")}`
        : shipped.gate.passed
          ? ""
          : `; no rung passed: ${shipped.gate.failed.join(", ")}`;
    return {
      kind: "model",
      bytes: shipped.bytes,
      metrics: {
        rung: shipped.rung,
        bytes: shipped.bytes.byteLength,
        original_bytes: original.byteLength,
        compression_ratio: original.byteLength / shipped.bytes.byteLength,
        accuracy_loss: shipped.gate.metrics.accuracy_impact,
        gate_passed: shipped.gate.passed,
        gate_failed: shipped.gate.failed.join(", "),
        ...finite(shipped.gate.metrics),
        ...Object.assign({}, ...steps.map(ladderMetrics)),
      },
      summary: `${shipped.rung}, ${size(shipped.bytes)} of ${size(original)}, top-1 ${shipped.top1.toFixed(3)} of ${before.toFixed(3)}, gate ${
        shipped.gate.passed ? "passed" : "not passed"
      }${warning}; ladder: ${steps.map(({ rung, bytes, top1 }) => `${rung} ${size(bytes)} ${top1.toFixed(3)}`).join(", ")}`,
    };
  };

const ladderMetrics = ({ rung, bytes, top1, agreement, gate, onLadder }: Step): Metrics => ({
  [`${rung}_bytes`]: bytes.byteLength,
  [`${rung}_top1`]: top1,
  [`${rung}_agreement`]: agreement,
  [`${rung}_information_retention`]: gate.metrics.information_retention,
  [`${rung}_gate_passed`]: gate.passed,
  [`${rung}_on_ladder`]: onLadder,
});

const finite = (metrics: GateResult["metrics"]): Metrics =>
  Object.fromEntries(Object.entries(metrics).filter((entry): entry is [string, number] => entry[1] !== null));

const size = (bytes: Uint8Array): string =>
  bytes.byteLength < 1e6 ? `${Math.round(bytes.byteLength / 1e3)} KB` : `${(bytes.byteLength / 1e6).toFixed(1)} MB`;
