import { pairsOf } from "./pairs.ts";
import { pairedDrop } from "./statistics/paired-drop.ts";

/** A rung of the ladder as the choice sees it. */
export interface Candidate {
  readonly rung: string;
  readonly bytes: number;
  /** Whether the gate passes it, and the names of the measures that it fails by. */
  readonly passed: boolean;
  readonly failed: readonly string[];
  /** Whether it answers each dev query right, in an order that all candidates share. */
  readonly correct: readonly boolean[];
}

export interface Choice<C extends Candidate> {
  readonly shipped: C;
  /** Why it is not what was wanted; absent where it is. */
  readonly warning?: string;
}

/**
 * What ships (specification 6.2): of the candidates of at most `shipBytes` that pass, the most accurate on dev. A larger one counts as
 * more accurate only where the pairs show it (confidence sequence), so that noise never buys bytes. Where none passes, the smallest larger
 * one that does, with a warning; where none at all does, the smallest, which a release decision holds. Takes one candidate or more.
 */
export function chooseRung<C extends Candidate>(candidates: readonly C[], shipBytes: number): Choice<C> {
  const bySize = [...candidates].sort((a, b) => a.bytes - b.bytes);
  const passing = bySize.filter(({ passed }) => passed);
  const [first, ...larger] = passing.filter(({ bytes }) => bytes <= shipBytes);
  if (first) return { shipped: larger.reduce((best, one) => (isBetter(one, best) ? one : best), first) };
  const refusals = bySize
    .filter(({ passed }) => !passed)
    .map(({ rung, failed }) => `${rung} was refused: ${failed.join(", ")}`)
    .join("; ");
  const [next] = passing;
  if (next) return { shipped: next, warning: [`larger than ${shipBytes} bytes`, refusals].filter(Boolean).join("; ") };
  return { shipped: bySize[0] as C, warning: `no rung passed; ${refusals}` };
}

function isBetter(one: Candidate, other: Candidate): boolean {
  const { n, worse, better } = pairsOf(one.correct, other.correct);
  return pairedDrop(n, better, worse).lower > 0;
}
