import { bisect } from "./bisect.ts";
import { upperGamma } from "./gamma.ts";

/** The deviation beyond which, on both sides together, a normal value lies with this chance: 1.96 for 0.05. */
export const normalDeviation = (bothTails: number): number =>
  bisect((z) => upperGamma(0.5, (z * z) / 2) <= bothTails, 0, 40);
