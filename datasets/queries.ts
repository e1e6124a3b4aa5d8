import type { Language } from "#contracts/event.ts";
import type { Split } from "#contracts/example.ts";
import { type HexagramFile, idOfLine, type LineRecord, lineId, TWINS } from "#contracts/line.ts";
import type { QueryRecord } from "#contracts/query.ts";

/** A line's name in ids of queries and families: `h03-1`. */
export const lineName = (hexagram: number, position: number): string =>
  `h${String(hexagram).padStart(2, "0")}-${position}`;

/** All authored queries, in the order of hexagrams, lines and splits. */
export const queriesOf = (hexagrams: readonly HexagramFile[]): QueryRecord[] =>
  hexagrams.flatMap((file) => file.lines.flatMap((line) => queriesOfLine(file, line)));

type Family = LineRecord["queries"]["train"][number];

function queriesOfLine({ hexagram, author }: HexagramFile, line: LineRecord): QueryRecord[] {
  const name = lineName(hexagram, line.position);
  const own = acceptableOf(hexagram, line);
  const record = (
    split: Split,
    { family, lang, texts, ...noted }: Pick<Family, "family" | "lang" | "texts"> & Partial<Family>,
  ): QueryRecord[] =>
    texts.map((text, index) => ({
      id: `${name}-${family}-${index + 1}`,
      lineId: lineId(hexagram, line.position),
      text,
      acceptable: own,
      lang,
      family: `${name}-${family}`,
      ...noted,
      lengthBand: lengthBand(text, lang),
      negation: NEGATION[lang].test(text),
      author,
      split,
    }));
  const { contrast = [], ...splits } = line.queries;
  return [
    ...(Object.keys(splits) as (keyof typeof splits)[]).flatMap((split) =>
      splits[split].flatMap((family) => record(split, family)),
    ),
    ...contrast.flatMap(({ kind, label, ...family }) =>
      // What it speaks of may be another line, whose neighbours are not this one's.
      record("contrast", family).map((query) => ({
        ...query,
        kind,
        lineId: idOfLine(label),
        acceptable: idOfLine(label) === query.lineId ? own : [],
      })),
    ),
  ];
}

function acceptableOf(hexagram: number, { position, confusables }: LineRecord): QueryRecord["acceptable"] {
  const near = confusables
    .filter(({ grade }) => grade === 2)
    .map(({ line, grade }) => ({ id: idOfLine(line), grade: grade as number }));
  const here = lineId(hexagram, position);
  const twins = TWINS.flatMap(([a, b]) => (a === here ? [b] : b === here ? [a] : []));
  return [...near.filter(({ id }) => !twins.includes(id)), ...twins.map((id) => ({ id, grade: 2 }))];
}

/** Longest short and longest medium text, in characters. */
const BANDS: Record<Language, readonly [number, number]> = { ja: [20, 100], en: [45, 200], zh: [15, 60] };

function lengthBand(text: string, lang: Language): QueryRecord["lengthBand"] {
  const [short, medium] = BANDS[lang];
  const length = [...text].length;
  return length <= short ? "short" : length <= medium ? "medium" : "long";
}

const NEGATION: Record<Language, RegExp> = {
  ja: /ない|なく|なかっ|なきゃ|ません|ず[にも、。]|ずじまい|ぬまま/,
  en: /\b(not|no|never|nothing|nobody|none|without|cannot)\b|n['’]t\b/i,
  zh: /不|没|无|未|别/,
};
