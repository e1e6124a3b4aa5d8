import { NonFiniteError } from "#contracts/errors.ts";
import type { Weights } from "./initialise.ts";

/** Throws NonFiniteError where a weight is NaN or infinite: such an update is refused before anything is kept of it. */
export function requireFinite(weights: Weights, after: string, hint: string): void {
  for (const name of ["vectors", "head", "bias"] as const) {
    const at = weights[name].findIndex((value) => !Number.isFinite(value));
    if (at >= 0)
      throw new NonFiniteError(
        `number ${at} of ${name} is ${weights[name][at]} after ${after}: the fit diverged`,
        hint,
      );
  }
}
