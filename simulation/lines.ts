import { TWINS } from "#contracts/line.ts";

/** How near an answer is to the truth, as a user judges it. */
export type Relation = "exact" | "acceptable" | "sibling" | "position" | "unrelated";

const LINES = 384;

const hexagramOf = (id: number): number => Math.ceil(id / 6);
const positionOf = (id: number): number => ((id - 1) % 6) + 1;

/** Where `ofLines` is false (another taxonomy) a class is right or not: nothing lies between. */
export function relation(truth: number, shown: number, ofLines: boolean): Relation {
  if (truth === shown) return "exact";
  if (!ofLines) return "unrelated";
  if (TWINS.some(([a, b]) => (a === truth && b === shown) || (b === truth && a === shown))) return "acceptable";
  if (hexagramOf(truth) === hexagramOf(shown)) return "sibling";
  return positionOf(truth) === positionOf(shown) ? "position" : "unrelated";
}

/** The other lines of a line's hexagram. */
export function siblings(id: number): number[] {
  const first = (hexagramOf(id) - 1) * 6 + 1;
  return Array.from({ length: 6 }, (_, i) => first + i).filter((other) => other !== id);
}

/** True where classes are named as the 384 lines are: by id in decimal. */
export const areLines = (classes: readonly string[]): boolean =>
  classes.length === LINES && classes.every((name, index) => name === String(index + 1));
