import { createHash } from "node:crypto";
import { z } from "zod";
import { type HexagramFile, lineId } from "#contracts/line.ts";
import type { QueryRecord } from "#contracts/query.ts";

/** One judgement of a person: which of three lines, shown in this order, fits the query best; 0 is none. */
export const Annotation = z.object({
  queryId: z.string(),
  candidates: z.array(z.number().int()).length(3),
  choice: z.number().int().min(0).max(384),
  by: z.string().min(1),
  /** ISO 8601. */
  at: z.string(),
});
export type Annotation = z.infer<typeof Annotation>;

/**
 * The lines to choose from: the query's own and two that it could be taken for (declared confusables, then siblings), in an order
 * that follows from the query alone, so that nothing gives the label away and a second person sees the same.
 */
export function candidatesFor(query: QueryRecord, hexagrams: readonly HexagramFile[]): number[] {
  const hexagram = Math.floor((query.lineId - 1) / 6) + 1;
  const line = hexagrams[hexagram - 1]?.lines[(query.lineId - 1) % 6];
  const confusable = (line?.confusables ?? []).map((one) => {
    const [other = 1, position = 1] = one.line.split("-").map(Number);
    return lineId(other, position);
  });
  const siblings = Array.from({ length: 6 }, (_, index) => lineId(hexagram, index + 1));
  const others = [...new Set([...confusable, ...siblings])].filter((id) => id !== query.lineId).slice(0, 2);
  const place = (id: number): string => createHash("sha256").update(`${query.id} ${id}`).digest("hex");
  return [query.lineId, ...others].sort((a, b) => (place(a) < place(b) ? -1 : 1));
}

export interface Agreement {
  n: number;
  /** Share of judgements that chose the label, and that chose it or an acceptable line. */
  strict: number;
  graded: number;
}

/** How far judgements agree with the labels; undefined where there are none. */
export function agreementOf(
  annotations: readonly Annotation[],
  queries: readonly QueryRecord[],
): Agreement | undefined {
  const known = new Map(queries.map((query) => [query.id, query]));
  const judged = annotations.flatMap(({ queryId, choice }) => {
    const query = known.get(queryId);
    return query ? [{ query, choice }] : [];
  });
  if (judged.length === 0) return undefined;
  const strict = judged.filter(({ query, choice }) => choice === query.lineId).length;
  const graded = judged.filter(
    ({ query, choice }) => choice === query.lineId || query.acceptable.some(({ id }) => id === choice),
  ).length;
  return { n: judged.length, strict: strict / judged.length, graded: graded / judged.length };
}
