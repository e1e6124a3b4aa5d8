import { Language } from "#contracts/event.ts";
import { type LineRecord, lineId } from "#contracts/line.ts";
import { lineName } from "../queries.ts";
import { type Authored, type Check, rule } from "./check.ts";

/** Fewest keywords of a line by language. */
const FEWEST: Record<Language, number> = { ja: 12, en: 6, zh: 6 };
/** Largest cosine of two sibling lines' weighted keywords. */
const COSINE = 0.6;

type Weights = ReadonlyMap<string, number>;

/** All keywords of a line with their weights, told apart by language. */
const keywordsOf = ({ keywords }: LineRecord): Weights =>
  new Map(
    Language.options.flatMap((lang) =>
      Object.entries(keywords[lang] ?? {}).map(([term, weight]) => [`${lang}:${term}`, weight] as const),
    ),
  );

/** Every line has its keywords, at least half of them in none of its five siblings. */
export function keywords({ hexagrams }: Authored): Check {
  const faults = hexagrams.flatMap(({ hexagram, lines }) => {
    const sets = lines.map(keywordsOf);
    return lines.flatMap(({ position, keywords: own }, index) => {
      const name = lineName(hexagram, position);
      const few = Language.options.flatMap((lang) => {
        const n = Object.keys(own[lang] ?? {}).length;
        return n < FEWEST[lang] ? [`${name}: ${n} keywords in ${lang}, fewer than ${FEWEST[lang]}`] : [];
      });
      const terms = [...(sets[index] as Weights).keys()];
      const shared = terms.filter((term) => sets.some((other, at) => at !== index && other.has(term)));
      return shared.length * 2 > terms.length
        ? [...few, `${name}: ${shared.length} of ${terms.length} keywords stand in its siblings`]
        : few;
    });
  });
  return rule("keywords", hexagrams.length * 6, faults);
}

/** Siblings are told apart by their keywords. */
export function siblingCosine({ hexagrams }: Authored): Check {
  const faults = hexagrams.flatMap(({ hexagram, lines }) => {
    const sets = lines.map(keywordsOf);
    return sets.flatMap((one, a) =>
      sets.slice(a + 1).flatMap((other, b) => {
        const likeness = cosine(one, other);
        return likeness > COSINE
          ? [`${lineName(hexagram, a + 1)} and ${lineName(hexagram, a + b + 2)}: ${likeness.toFixed(2)}`]
          : [];
      }),
    );
  });
  return rule(`sibling keywords stay below cosine ${COSINE}`, hexagrams.length * 15, faults);
}

function cosine(a: Weights, b: Weights): number {
  const length = (weights: Weights): number => Math.hypot(...weights.values());
  const dot = [...a].reduce((sum, [term, weight]) => sum + weight * (b.get(term) ?? 0), 0);
  return dot === 0 ? 0 : dot / (length(a) * length(b));
}

/** Every line has eight situations in different domains, and names lines it can be confused with that exist and are others. */
export function situations({ hexagrams }: Authored): Check {
  const faults = hexagrams.flatMap(({ hexagram, lines }) =>
    lines.flatMap(({ position, situations: own, confusables }) => {
      const name = lineName(hexagram, position);
      const domains = new Set(own.map(({ domain }) => domain));
      return [
        ...(domains.size < 8 ? [`${name}: situations in ${domains.size} domains, fewer than 8`] : []),
        ...(confusables.length === 0 ? [`${name}: no confusable line`] : []),
        ...confusables
          .filter(({ line }) => line === `${hexagram}-${position}`)
          .map(() => `${name}: confusable with itself`),
      ];
    }),
  );
  return rule("situations and confusable lines", hexagrams.length * 6, faults);
}

/** Every reading is there in three languages, and `hen` names the hexagram that the line changes to. */
export function readings({ hexagrams }: Authored): Check {
  const nameOf = new Map(hexagrams.map(({ hexagram, names }) => [hexagram, names]));
  const plain = (text: string): string =>
    text.toLowerCase().replaceAll("澤", "沢").replaceAll("兑", "兌").replaceAll("無", "无").replaceAll("晉", "晋");
  const faults = hexagrams.flatMap(({ hexagram, lines }) =>
    lines.flatMap(({ position, changedTo, stage, shin, hen }) =>
      Language.options.flatMap((lang) => {
        const where = `${lineName(hexagram, position)} (${lineId(hexagram, position)}), ${lang}`;
        const missing = Object.entries({ stage, shin, hen }).filter(([, texts]) => !texts[lang]);
        const changed = nameOf.get(changedTo)?.[lang] ?? "";
        const unnamed = hen[lang] !== undefined && !plain(hen[lang]).includes(plain(changed));
        return [
          ...missing.map(([field]) => `${where}: ${field} is not written`),
          ...(unnamed ? [`${where}: hen does not name ${changed}`] : []),
        ];
      }),
    ),
  );
  return rule("readings in three languages", hexagrams.length * 18, faults);
}
