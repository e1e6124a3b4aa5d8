import type { Sample } from "#contracts/alert.ts";
import { shift } from "../statistics/mann-whitney.ts";

/** Most values of each side that are compared: more would tell no more. */
const COMPARED = 2000;
const ALPHA = 0.05;

/**
 * How much longer answers take than before, in ms: the lower end of the 95% interval of the shift (Hodges-Lehmann), 0 where nothing is shown;
 * `n` of the smaller side. It is looked at often, which such an interval does not allow by itself: what an alert asks for beyond it is
 * an effect (10 ms, specification 8.1), and that it lasts.
 */
export function slowdownOf(lately: readonly number[], before: readonly number[]): Sample {
  const n = Math.min(lately.length, before.length);
  const lower = shift(lately.slice(-COMPARED), before.slice(-COMPARED), ALPHA)?.lower ?? 0;
  return { value: Number.isFinite(lower) ? Math.max(0, lower) : 0, n };
}
