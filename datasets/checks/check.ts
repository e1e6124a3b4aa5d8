import type { HexagramFile } from "#contracts/line.ts";
import type { QueryRecord } from "#contracts/query.ts";

/** What a check looks at. */
export interface Authored {
  hexagrams: readonly HexagramFile[];
  queries: readonly QueryRecord[];
}

/** A rule of the data set and whether it holds: `n` things were looked at, `detail` names each that breaks it. */
export interface Check {
  name: string;
  ok: boolean;
  n: number;
  detail: string[];
}

/** A check that holds where nothing breaks it. */
export const rule = (name: string, n: number, faults: string[]): Check => ({
  name,
  ok: n > 0 && faults.length === 0,
  n,
  detail: faults,
});

/** The queries of each line, by the line's id. */
export const byLine = (queries: readonly QueryRecord[]): Map<string, QueryRecord[]> =>
  Map.groupBy(queries, ({ family }) => family.slice(0, family.lastIndexOf("-")));
