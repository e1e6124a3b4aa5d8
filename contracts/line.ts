import { z } from "zod";
import { Language } from "./event.ts";

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

/** The id of a line that is written `39-1`. */
export function idOfLine(name: string): number {
  const [hexagram = 0, position = 0] = name.split("-").map(Number);
  return lineId(hexagram, position);
}

/** Ids of declared twins, lines whose texts say the same: each counts as right for the other. */
export const TWINS: readonly (readonly [number, number])[] = [
  [idOfLine("11-1"), idOfLine("12-1")],
  [idOfLine("41-5"), idOfLine("42-2")],
  [idOfLine("43-4"), idOfLine("44-3")],
  [idOfLine("63-1"), idOfLine("64-2")],
  [idOfLine("63-3"), idOfLine("64-4")],
];

export const Domain = z.enum([
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
export const Register = z.enum(["office", "casual", "sns", "polite", "fragment"]);

/** A line by hexagram and position, as people write it: `39-1`. */
const LineName = z.string().regex(/^([1-9]|[1-5]\d|6[0-4])-[1-6]$/, "a line such as 39-1");

const Family = z.strictObject({
  family: z.string().regex(/^[a-z][a-z0-9]*$/),
  lang: Language.default("ja"),
  domain: Domain,
  register: Register,
  texts: z.array(z.string().min(3).max(450)).min(1),
});

/** A situation of the line with one thing changed; `label` is the line that it speaks of then. */
const ContrastFamily = Family.omit({ domain: true, register: true }).extend({
  kind: z.enum(["negation", "subject", "past"]),
  label: LineName,
});

const words = z.array(z.string().min(1));
const byLanguage = <T extends z.ZodType>(value: T) => z.partialRecord(Language, value);

const LineRecord = z.strictObject({
  position: z.number().int().min(1).max(6),
  label: z.string(),
  changedTo: z.number().int().min(1).max(64),
  /** A picture of the moment, in Japanese. */
  image: z.string().min(1),
  /** Which moment of the hexagram's story this is. */
  stage: Localised,
  shin: Localised,
  hen: Localised,
  /** What a person in this situation would say of it; weight 1 to 3. */
  keywords: byLanguage(z.record(z.string(), z.number().int().min(1).max(3))),
  synonyms: byLanguage(z.array(words.min(2))),
  /** Words that speak against this line. */
  antiKeywords: byLanguage(words),
  situations: z.array(
    z.strictObject({
      domain: Domain,
      role: z.string().min(1),
      tension: z.string().min(1),
      stance: z.string().min(1),
    }),
  ),
  /** Other lines that a careful reader could accept: 2 nearly as right, 1 understandable. */
  confusables: z.array(z.strictObject({ line: LineName, grade: z.union([z.literal(1), z.literal(2)]) })),
  queries: z.strictObject({
    train: z.array(Family),
    live: z.array(Family),
    dev: z.array(Family),
    test: z.array(Family),
    contrast: z.array(ContrastFamily).optional(),
  }),
});
export type LineRecord = z.infer<typeof LineRecord>;

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
