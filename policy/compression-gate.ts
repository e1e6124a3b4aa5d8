import type { CompressionConfig } from "#contracts/config.ts";
import { pairedDrop } from "./statistics/paired-drop.ts";

/** What compression did to a model, measured on held-out queries (`training/gate.ts` defines each figure). */
export interface CompressionFigures {
  rung: string;
  n: number;
  information_retention: number;
  semantic_similarity: number;
  keyword_coverage: number;
  /** Absent where the model was trained anew. */
  vector_retention?: number;
  /** Queries that the compressed model alone answers wrong, and alone right. */
  worse: number;
  better: number;
}

export interface GateResult {
  passed: boolean;
  metrics: {
    information_retention: number;
    semantic_similarity: number;
    keyword_coverage: number;
    vector_retention: number | null;
    /** Top-1 lost, with the bounds of a confidence sequence; null where it has none. */
    accuracy_impact: number;
    accuracy_impact_lower: number | null;
    accuracy_impact_upper: number | null;
    n: number;
  };
  /** Names of the measures that are not shown to keep their limits. */
  failed: string[];
  recommendations: string[];
}

/** Fewest queries from which a confidence bound is believed (as in the release decision). */
const MINIMUM_PAIRS = 100;

/**
 * The gate of specification 6.1: retention, similarity and coverage at least their limits, and a loss of top-1 whose upper bound
 * keeps its own. A rung of the ladder is held to its own row (6.2): its retention, and its loss where that is the stricter. Absence is not success: what is no number fails, and so
 * does a loss that too few queries leave open.
 */
export function judgeCompression(figures: CompressionFigures, limits: CompressionConfig): GateResult {
  const { rung, n, worse, better } = figures;
  const own = (limits.ladder as Partial<Record<string, CompressionConfig["ladder"]["coded"]>>)[rung];
  const information_retention = own?.information_retention ?? limits.information_retention;
  const most = Math.min(limits.accuracy_impact, own?.accuracy_impact ?? 1);
  const least = {
    information_retention,
    semantic_similarity: limits.semantic_similarity,
    keyword_coverage: limits.keyword_coverage,
    vector_retention: limits.vector_retention,
  };
  const failed: string[] = [];
  const recommendations: string[] = [];
  const names = Object.keys(least) as (keyof typeof least)[];
  for (const name of names) {
    const value = figures[name];
    if (value === undefined || value >= least[name]) continue;
    failed.push(name);
    recommendations.push(`${name} is ${value.toFixed(3)}, below ${least[name]}: ${REMEDY[name]}`);
  }
  const loss = pairedDrop(n, worse, better);
  const fault = impactFault(figures, loss, most);
  if (fault !== undefined) {
    failed.push("accuracy_impact");
    recommendations.push(fault);
  }
  return {
    passed: failed.length === 0,
    metrics: {
      information_retention: figures.information_retention,
      semantic_similarity: figures.semantic_similarity,
      keyword_coverage: figures.keyword_coverage,
      vector_retention: figures.vector_retention ?? null,
      accuracy_impact: loss.estimate,
      accuracy_impact_lower: finite(loss.lower),
      accuracy_impact_upper: finite(loss.upper),
      n,
    },
    failed,
    recommendations,
  };
}

const REMEDY = {
  information_retention:
    "take a finer step, that is a larger training.maxBytes, or the rung above, that is a larger compression.shipBytes.",
  semantic_similarity:
    "take a finer step, that is a larger training.maxBytes, or the rung above, that is a larger compression.shipBytes.",
  keyword_coverage: "keep more features, that is a larger training.maxBytes.",
  vector_retention:
    "take a finer step, that is a larger training.maxBytes, or pin what decides (compression.pinned); or the model is damaged.",
} as const;

function impactFault(
  { n, worse, better }: CompressionFigures,
  { estimate, upper }: { estimate: number; upper: number },
  limit: number,
): string | undefined {
  if (!(n > 0)) return `accuracy_impact was measured on no query: give at least ${MINIMUM_PAIRS}.`;
  if (!(estimate <= limit)) {
    return `accuracy_impact is ${estimate.toFixed(3)}, above ${limit}: allow more bytes (training.maxBytes), pin what decides (compression.pinned), or take the rung above (compression.shipBytes).`;
  }
  // So few disagreements bound the loss by themselves: even if each were one it keeps the limit.
  if ((worse + better) / n <= limit || (n >= MINIMUM_PAIRS && upper <= limit)) return undefined;
  return `accuracy_impact is ${estimate.toFixed(3)} but may be ${upper.toFixed(3)}, above ${limit}: give more queries, or allow more bytes (training.maxBytes).`;
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
