import { lnIncompleteBeta } from "./beta.ts";
import { bisect } from "./bisect.ts";

/** Chance that a Student t value with `df` degrees of freedom lies beyond |t|, on both sides together. */
export const studentTails = (t: number, df: number): number =>
  Math.exp(lnIncompleteBeta(df / (df + t * t), df / 2, 0.5));

/** The t beyond which, on both sides together, values lie with this chance. */
export const studentDeviation = (bothTails: number, df: number): number =>
  bisect((t) => studentTails(t, df) <= bothTails, 0, 1e6);
