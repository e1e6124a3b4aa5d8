import { z } from "zod";
import { Split } from "./example.ts";

/** A text by language; Japanese is always there, the others where they are written. */
export const Localised = z.object({
  ja: z.string().min(1),
  en: z.string().min(1).optional(),
  zh: z.string().min(1).optional(),
});
export type Localised = z.infer<typeof Localised>;
export const LocalisedNames = z.object({ ja: z.string(), en: z.string(), zh: z.string() });

/** Id of a line: hexagrams 1..64 in King Wen order, position 1 at the bottom; 1..384. */
export const lineId = (hexagram: number, position: number): number => (hexagram - 1) * 6 + position;

const Domain = z.enum([
  "work",
  "love",
  "family",
  "health",
  "money",
  "study",
  "creative",
  "community",
  "move",
  "dispute",
]);
const Register = z.enum(["office", "casual", "sns", "polite", "fragment"]);

const Family = z.strictObject({
  family: z.string().regex(/^[a-z][a-z0-9]*$/),
  domain: Domain,
  register: Register,
  texts: z.array(z.string().min(4).max(220)).min(1),
});

const LineRecord = z.strictObject({
  position: z.number().int().min(1).max(6),
  label: z.string(),
  changedTo: z.number().int().min(1).max(64),
  stage: z.string().min(1),
  shin: Localised,
  hen: Localised,
  queries: z.partialRecord(Split, z.array(Family)),
});

/** One file of `datasets/lines/`: a hexagram with its six lines, their readings and their authored queries. */
export const HexagramFile = z.strictObject({
  hexagram: z.number().int().min(1).max(64),
  /** Six digits, bottom to top, 1 is yang. */
  code: z.string().regex(/^[01]{6}$/),
  names: LocalisedNames,
  author: z.string().min(1),
  reviewStatus: z.enum(["draft", "reviewed"]),
  lines: z.array(LineRecord).length(6),
});
export type HexagramFile = z.infer<typeof HexagramFile>;
