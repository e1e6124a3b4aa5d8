import type { Samples } from "#contracts/alert.ts";
import { NotReachableError } from "#contracts/errors.ts";
import type { RunReport } from "#contracts/run.ts";
import { ALERT_RULES } from "#policy/alerts/rules.ts";
import { readReleaseHistory } from "#stores/release-history.ts";
import { batchSamples } from "./batch-samples.ts";
import { costSamples } from "./cost.ts";
import type { Dependencies } from "./dependencies.ts";
import { edgeSamples } from "./edge-samples.ts";
import { named } from "./failure.ts";
import { qualitySamples } from "./quality-samples.ts";
import { remembered } from "./remembered.ts";
import { wordSamples } from "./word-samples.ts";

export interface MeasureNeeds
  extends Pick<Dependencies, "config" | "registry" | "artefacts" | "released" | "edge" | "now"> {
  /** Runs as they stand, latest first. */
  runs: () => Promise<RunReport[]>;
}

const COUNT = "metrics_missing";
const HOUR = 3_600_000;

/** What is not measured here: the count itself, and what the watch finds out by asking the edge. */
const ELSEWHERE = new Set([COUNT, "edge_reachable"]);

/** Metrics that rules look at and that were not measured. */
export const missingOf = (samples: Samples): string[] => {
  const wanted = ALERT_RULES.flatMap((rule) => [rule, ...rule.also].map(({ metric }) => metric));
  return [...new Set(wanted)].filter((name) => !ELSEWHERE.has(name) && samples[name] === undefined);
};

/**
 * All metrics of specification 4.1 and of the alert rules, as they stand now. What a source that does not answer would have told is not
 * there, and is counted in `metrics_missing`; what a source says of nobody has the value 0 and rests on `n` 0.
 */
export const measure = (needs: MeasureNeeds): (() => Promise<Samples>) => {
  // A month of words, and what a month costs, are not others five minutes later, and much to read.
  const words = remembered(() => wordSamples(needs, needs.now()), HOUR, needs.now);
  const cost = remembered(() => costSamples(needs, needs.now()), HOUR, needs.now);
  return () =>
    named(async () => {
      const now = needs.now();
      const first = (await readReleaseHistory(needs.registry)).find(({ outcome }) => outcome === "released");
      const groups = await Promise.all([
        unlessUnreachable(edgeSamples(needs.edge, now, first?.at)),
        unlessUnreachable(qualitySamples(needs, now)),
        unlessUnreachable(words()),
        unlessUnreachable(batch(needs, now)),
        unlessUnreachable(cost()),
      ]);
      const samples: Samples = Object.assign({}, ...groups);
      return { ...samples, [COUNT]: { value: missingOf(samples).length, n: 1 } };
    });
};

async function batch({ runs, registry, edge, config }: MeasureNeeds, now: number): Promise<Samples> {
  const [reports, releases, pointer] = await Promise.all([runs(), readReleaseHistory(registry), edge.pointer()]);
  return batchSamples(reports, releases, pointer, config, now);
}

/** A source that is away leaves out what it would have told. */
async function unlessUnreachable(samples: Promise<Samples>): Promise<Samples> {
  try {
    return await samples;
  } catch (error) {
    if (error instanceof NotReachableError) return {};
    throw error;
  }
}
