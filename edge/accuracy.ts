import type { AccuracyAnswer } from "#contracts/status.ts";
import { wilson } from "#contracts/wilson.ts";

/** Events that are looked at, at most: the last ones. */
const LOOKED_AT = 20_000;

/** The last events since ?1, the parts that count here. */
const RECENT = `WITH recent AS (
  SELECT body ->> '$.type' AS type, body ->> '$.user' AS user, body ->> '$.shownId' AS shown, body ->> '$.value' AS value,
         body ->> '$.correctId' AS correct, body ->> '$.served.shown[0]' AS first, body ->> '$.served.bucket' AS bucket,
         body ->> '$.roundTripMs' AS trip, body ->> '$.served.model' AS model, (body ->> '$.served.textHash') || '@' || (body ->> '$.served.at') AS answer
  FROM events WHERE seq > coalesce((SELECT max(seq) FROM events), 0) - ${LOOKED_AT} AND received_at >= ?1)`;

/**
 * An answer is judged by a correction, else by a thumb up on one of its predictions, else by a thumb down on the first: the same order
 * in which labels are learnt (ARCHITECTURE.md, labels from reactions).
 */
const ARMS = `${RECENT}, judged AS (
  SELECT bucket, model,
    coalesce(max(CASE WHEN type = 'correction' THEN correct = first END),
             max(CASE WHEN type = 'thumb' AND value = 1 THEN coalesce(shown, first) = first END),
             min(CASE WHEN type = 'thumb' AND value = -1 AND coalesce(shown, first) = first THEN 0 END)) AS right
  FROM recent GROUP BY answer, bucket, model)
  SELECT bucket, model, count(right) AS judged, sum(right) AS right FROM judged
  WHERE right IS NOT NULL GROUP BY bucket, model ORDER BY judged DESC LIMIT 20`;

/** Nearest-rank quantiles; every event of an answer tells the same trip, so each answer counts once. */
const TRIPS = `${RECENT}, trips AS (SELECT max(trip) AS ms FROM recent WHERE trip IS NOT NULL GROUP BY answer),
  ranked AS (SELECT ms, row_number() OVER (ORDER BY ms) AS rank, count(*) OVER () AS n FROM trips)
  SELECT max(n) AS n, min(CASE WHEN rank >= n * 0.5 THEN ms END) AS p50, min(CASE WHEN rank >= n * 0.95 THEN ms END) AS p95
  FROM ranked`;

/** What people said of the answers since then, by who answered. Read by the database, so that its CPU is not the isolate's. */
export async function accuracySince(env: Env, since: number): Promise<AccuracyAnswer> {
  const [types, users, arms, trips] = await env.LOG.batch<
    Record<string, number> & { type: string; bucket: string; model: string }
  >([
    env.LOG.prepare(`${RECENT} SELECT type, count(*) AS n FROM recent GROUP BY type ORDER BY n DESC`).bind(since),
    env.LOG.prepare(`${RECENT} SELECT count(DISTINCT user) AS n FROM recent`).bind(since),
    env.LOG.prepare(ARMS).bind(since),
    env.LOG.prepare(TRIPS).bind(since),
  ]);
  const byType = Object.fromEntries((types?.results ?? []).map(({ type, n = 0 }) => [type, n]));
  const trip = trips?.results[0];
  return {
    since,
    events: Object.values(byType).reduce((sum, n) => sum + n, 0),
    users: users?.results[0]?.["n"] ?? 0,
    byType,
    ...(trip?.["n"] ? { roundTrip: { n: trip["n"], p50: trip["p50"] ?? 0, p95: trip["p95"] ?? 0 } } : {}),
    arms: (arms?.results ?? []).map(({ bucket, model, judged = 0, right = 0 }) => {
      return { bucket, model, judged, right, top1: wilson(right, judged) };
    }),
  };
}
