import type { HexagramFile } from "#contracts/line.ts";
import type { QueryRecord } from "#contracts/query.ts";
import { queriesOf } from "./queries.ts";

/** Counts of one property's values, by language. */
type Table = Record<string, Record<string, number>>;

export interface Stats {
  queries: number;
  lines: number;
  split: Table;
  domain: Table;
  register: Table;
  lengthBand: Table;
  negation: Table;
  /** Mean characters of a query by language. */
  characters: Record<string, number>;
  /** Share of hexagrams that a second reader has gone through. */
  reviewed: number;
}

export function statsOf(hexagrams: readonly HexagramFile[]): Stats {
  const queries = queriesOf(hexagrams);
  const count = (property: (query: QueryRecord) => string): Table => {
    const table: Table = {};
    for (const query of queries) {
      const row = table[property(query)] ?? {};
      row[query.lang] = (row[query.lang] ?? 0) + 1;
      table[property(query)] = row;
    }
    return table;
  };
  const byLanguage = Map.groupBy(queries, ({ lang }) => lang);
  return {
    queries: queries.length,
    lines: hexagrams.length * 6,
    split: count(({ split }) => split),
    domain: count(({ domain }) => domain ?? "contrast"),
    register: count(({ register }) => register ?? "contrast"),
    lengthBand: count(({ lengthBand }) => lengthBand),
    negation: count(({ negation }) => (negation ? "with" : "without")),
    characters: Object.fromEntries(
      [...byLanguage].map(([lang, own]) => [
        lang,
        own.reduce((sum, { text }) => sum + [...text].length, 0) / own.length,
      ]),
    ),
    reviewed: hexagrams.filter(({ reviewStatus }) => reviewStatus === "reviewed").length / hexagrams.length,
  };
}
