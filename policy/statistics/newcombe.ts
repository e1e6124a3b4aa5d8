import { wilson } from "#contracts/wilson.ts";
import type { Bounds } from "./confidence-sequence.ts";

/**
 * 95% interval for the difference of two proportions, xa of na minus xb of nb, from their Wilson intervals (Newcombe 1998, method
 * 10). Fixed-n: for a final figure, not for repeated looks.
 */
export function newcombe(xa: number, na: number, xb: number, nb: number): Bounds {
  const [a, b] = [wilson(xa, na), wilson(xb, nb)];
  const estimate = a.value - b.value;
  return {
    estimate,
    lower: estimate - Math.hypot(a.value - a.lo, b.hi - b.value),
    upper: estimate + Math.hypot(a.hi - a.value, b.value - b.lo),
  };
}
