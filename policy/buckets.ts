import type { Pointer } from "#contracts/pointer.ts";

/** Places on the line that shares of people are cut from. */
const PLACES = 10_000;

/** FNV-1a, 32 bits, over UTF-16 code units, as GrowthBook's SDKs have it; ids are meant to be ASCII. */
function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/**
 * Where a person stands in [0, 10000) under a salt: GrowthBook's hash, version 2. The same place always; places of two salts are
 * unrelated, so that whom one experiment takes tells nothing of another.
 */
export const placeOf = (salt: string, person: string): number => fnv1a32(String(fnv1a32(salt + person))) % PLACES;

/** How a person's queries are counted, and which model answers them where it is not the current one. */
export interface Assignment {
  /** `current`, `canary`, or `<experiment>/<arm>`. */
  bucket: string;
  sha256: string;
  version: string;
}

/**
 * Which model a person gets. The canary takes [0, share) under its own salt, so whoever has it at 5% has it at 25%; of the others,
 * the first experiment that has an arm where they stand takes them, arms lying side by side from 0 on. All else is the current
 * model's. Without a person (no userId, no sessionId) there is nothing to hold on to, so the answer is the current model's.
 */
export function assign(pointer: Pointer, person: string | undefined): Assignment {
  const { canary, current, experiments, salt } = pointer;
  if (person === undefined) return { bucket: "current", ...current };
  if (canary !== undefined && placeOf(salt, person) < canary.basisPoints) {
    return { bucket: "canary", sha256: canary.sha256, version: canary.version };
  }
  for (const experiment of experiments) {
    const place = placeOf(experiment.salt, person);
    let end = 0;
    for (const arm of experiment.arms) {
      end += arm.basisPoints;
      if (place < end) {
        const { sha256 } = arm;
        const version = sha256 === current.sha256 ? current.version : sha256.slice(0, 12);
        return { bucket: `${experiment.name}/${arm.name}`, sha256, version };
      }
    }
  }
  return { bucket: "current", ...current };
}

/** What is wrong with a pointer's experiments, or undefined: salts in use twice would choose the same people twice. */
export function experimentFault({ salt, experiments }: Pointer): string | undefined {
  const salts = [salt, ...experiments.map((experiment) => experiment.salt)];
  if (new Set(salts).size < salts.length) return "two of canary and experiments have one salt";
  const buckets = experiments.flatMap(({ name, arms }) => arms.map((arm) => `${name}/${arm.name}`));
  if (new Set(buckets).size < buckets.length) return "two arms have one name";
  const crowded = experiments.find(({ arms }) => arms.reduce((sum, arm) => sum + arm.basisPoints, 0) > PLACES);
  return crowded && `the arms of ${crowded.name} take more than everybody`;
}
