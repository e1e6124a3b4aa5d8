import type { Config } from "#contracts/config.ts";
import type { Verdict } from "#contracts/verdict.ts";
import { pairedDrop } from "./statistics/paired-drop.ts";

export interface Top1 {
  n: number;
  value: number;
  /** 95% interval. */
  lo: number;
  hi: number;
}

export interface ReleaseEvidence {
  /** The model as trained and as it would be shipped, on the frozen test set. */
  trained: Top1 | undefined;
  shipped: Top1 | undefined;
  classes: number;
  /** What the compression gate said of the shipped model; absent where the model was not compressed. */
  compression?: { passed: boolean; failed: readonly string[] };
  /** The shipped model against the one that serves now, pair by pair on the same test set; undefined where none serves. */
  against: { n: number; worse: number; better: number } | undefined;
  /** The shipped model is the one that serves now. */
  alreadyCurrent: boolean;
}

export type DecisionReason =
  | "already-current"
  | "no-evaluation"
  | "no-better-than-chance"
  | "compression-loss"
  | "compression-gate"
  | "first-model"
  | "accuracy-drop"
  | "not-worse-than-current"
  | "too-little-evidence";

/** Fewest test queries, and fewest on which two models disagree, from which a comparison is believed (statistics: guard). */
const MINIMUM_PAIRS = 100;
const MINIMUM_DISCORDANT = 10;

/** What a candidate may lose, against the current model and by compression. */
export type ReleaseLimits = Config["deploy"] & Pick<Config["compression"], "accuracy_impact">;

/**
 * Whether a compressed model may be released (stage `06:deploy`). Absence is not success: without an evaluation it holds. It is
 * promoted where the drop against the current model is shown to stay under `accuracy_drop` (upper confidence bound), or where
 * both models give the same answers.
 */
export function decideRelease(evidence: ReleaseEvidence, limits: ReleaseLimits, policyDigest: string): Verdict {
  const { trained, shipped, against } = evidence;
  const drop = against ? pairedDrop(against.n, against.worse, against.better) : undefined;
  const verdict = (action: Verdict["action"], reason: DecisionReason): Verdict => ({
    action,
    reason,
    policyDigest,
    evidence: {
      ...(shipped ? { n: shipped.n, top1: shipped.value, top1_lo: shipped.lo, top1_hi: shipped.hi } : {}),
      ...(trained && shipped ? { compression_loss: trained.value - shipped.value } : {}),
      ...(evidence.compression ? { compression_failed: evidence.compression.failed.join(", ") } : {}),
      ...(against && drop
        ? {
            pairs: against.n,
            worse: against.worse,
            better: against.better,
            drop: drop.estimate,
            drop_lower: finite(drop.lower),
            drop_upper: finite(drop.upper),
          }
        : {}),
      accuracy_drop: limits.accuracy_drop,
      accuracy_impact: limits.accuracy_impact,
      chance: 1 / evidence.classes,
    },
  });

  if (!trained || !shipped || trained.n === 0 || shipped.n === 0) return verdict("hold", "no-evaluation");
  if (evidence.alreadyCurrent) return verdict("hold", "already-current");
  // Each limit is asked as "is it shown to be kept": a figure that is not a number keeps none.
  if (!(shipped.lo > 1 / evidence.classes)) return verdict("hold", "no-better-than-chance");
  if (!(trained.value - shipped.value <= limits.accuracy_impact)) return verdict("hold", "compression-loss");
  if (evidence.compression && !evidence.compression.passed) return verdict("hold", "compression-gate");
  if (!against || !drop) return verdict("promote", "first-model");
  if (drop.lower > 0 && drop.estimate >= limits.accuracy_drop) return verdict("hold", "accuracy-drop");
  if (against.n < MINIMUM_PAIRS) return verdict("hold", "too-little-evidence");
  const discordant = against.worse + against.better;
  // So few disagreements bound the drop by themselves: even if each were a loss it stays under the limit.
  if (discordant < MINIMUM_DISCORDANT && discordant / against.n < limits.accuracy_drop)
    return verdict("promote", "not-worse-than-current");
  return drop.upper < limits.accuracy_drop
    ? verdict("promote", "not-worse-than-current")
    : verdict("hold", "too-little-evidence");
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
