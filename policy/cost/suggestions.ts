import type { Suggestion, Usage } from "#contracts/cost.ts";
import { type PriceTable, totalOf } from "./price-tables.ts";

/** What was measured that says how much could be saved; what is absent is not guessed. */
export interface Headroom {
  /** Share of queries answered from a cache today. */
  hitRate?: number;
  /** CPU of a scored query and of one from the cache, in ms. */
  fullMs?: number;
  hitMs?: number;
  /** Share of D1's rows that were read to answer users, which a KV copy could do: at most so many are saved. */
  cacheableRows?: number;
}

/** The cache hit rate that the specification would raise it to (5.2). */
const WANTED_HIT_RATE = 0.95;
/** KV writes a month from which batching is worth its trouble (5.2). */
const MANY_WRITES = 100_000;
/** Ten-minute batches of a month of 30 days: as many writes as are left (5.2). */
const BATCHES = 30 * 24 * 6;

/**
 * The specification's three suggestions (5.2), each where it applies and with what it would save at the rates measured. Its own
 * percentages (30, 50, 40) are constants and are not used: where a rate was not measured, the suggestion is made with a saving
 * of 0 and says what is missing.
 */
export function suggestions(usage: Usage, table: PriceTable, headroom: Headroom): Suggestion[] {
  const without = (less: Partial<Usage>): number => totalOf(usage, table) - totalOf({ ...usage, ...less }, table);
  const costs = (items: Partial<Usage>): boolean => without(items) > 0;
  const found: Suggestion[] = [];

  if (costs({ workers_requests: 0, workers_cpu_ms: 0 })) {
    const { hitRate, fullMs, hitMs } = headroom;
    const cpu = usage.workers_cpu_ms;
    const known = hitRate !== undefined && fullMs !== undefined && hitMs !== undefined && cpu !== undefined;
    // Every request is paid for, hit or not: what a hit saves is CPU time.
    const saved = known
      ? Math.max(0, WANTED_HIT_RATE - hitRate) * usage.workers_requests * Math.max(0, fullMs - hitMs)
      : 0;
    found.push({
      area: "Workers",
      saving: known ? without({ workers_cpu_ms: Math.max(0, cpu - saved) }) : 0,
      action: `Raise the cache hit rate from ${hitRate === undefined ? "what it is (not measured)" : percent(hitRate)} to ${percent(WANTED_HIT_RATE)}.`,
      implementation: "Warm more frequent queries after each release (POST /admin/warm), and keep answers longer.",
    });
  }
  if (costs({ d1_rows_read: 0 })) {
    const { cacheableRows } = headroom;
    found.push({
      area: "D1 reads",
      saving: cacheableRows === undefined ? 0 : without({ d1_rows_read: usage.d1_rows_read * (1 - cacheableRows) }),
      action: `Keep results of queries in KV${cacheableRows === undefined ? " (the share that could be kept is not measured)" : `: ${percent(cacheableRows)} of the rows read`}.`,
      implementation: "Copy what is read often to KV, and compute the most used lines' answers beforehand.",
    });
  }
  if (usage.kv_writes > MANY_WRITES) {
    found.push({
      area: "KV writes",
      saving: without({ kv_writes: BATCHES }),
      action: `Write in batches every 10 minutes: ${BATCHES} writes a month, of ${usage.kv_writes.toFixed(0)}.`,
      implementation: "Collect in memory or D1, write one value for the batch.",
    });
  }
  return found;
}

const percent = (share: number): string => `${(100 * share).toFixed(0)}%`;
