import { CHECK_PERSON, type ExposureAnswer } from "#contracts/http.ts";
import { assign } from "#policy/buckets.ts";
import type { Isolate } from "./isolate.ts";
import { saltedHash } from "./keys.ts";

/** A request that a comparison of canary and current model counts. */
export interface Exposed {
  epoch: number;
  /** What the hash gave: whom another arm's model answered, because this one's failed, counts here all the same. */
  arm: string;
  sha256: string;
  person: string;
}

/** What became of it: `other` is an answer of another model while this arm's was loading, which says nothing of this one. */
type Outcome = "answered" | "error" | "other";

/** Rows of one statement batch. */
const BATCH = 100;

/**
 * The arm that a person's request counts for; undefined while no canary is out, so that without a rollout nothing is written, and for
 * those who belong to no comparison.
 */
export function exposedTo({ pointer }: Pick<Isolate, "pointer">, person: string | undefined): Exposed | undefined {
  const held = pointer.held();
  if (held?.canary === undefined || person === undefined || person.startsWith(CHECK_PERSON)) return undefined;
  const { bucket, sha256 } = assign(held, person);
  return { epoch: held.epoch, arm: bucket, sha256, person };
}

/**
 * Error rate is the share of requests answered 5xx or by the prior, or by another model where the arm's own cannot be loaded.
 * @param answer undefined where there was none
 */
export function outcomeOf(
  { models }: Pick<Isolate, "models">,
  { sha256 }: Exposed,
  answer: { sha256: string; path: string } | undefined,
): Outcome {
  if (answer === undefined) return "error";
  if (answer.sha256 !== sha256) return models.hasFailed(sha256) ? "error" : "other";
  return answer.path === "prior" ? "error" : "answered";
}

export interface ExposureCounter {
  /** Counts in memory; the first of a batch has it written a moment later, behind the answer. */
  note(env: Env, waitUntil: (work: Promise<unknown>) => void, exposed: Exposed, outcome: Outcome): void;
}

/** One isolate's counts that are not written yet. Best effort: what an isolate holds when it dies is lost, in either arm alike. */
export function createExposureCounter(): ExposureCounter {
  let held = new Map<string, Exposed & { requests: number; errors: number }>();

  async function flush(env: Env): Promise<void> {
    const counts = [...held.values()];
    held = new Map();
    const statement = env.LOG.prepare(
      `INSERT INTO exposures (epoch, arm, user, requests, errors) VALUES (?1, ?2, ?3, ?4, ?5)
       ON CONFLICT (epoch, arm, user) DO UPDATE SET requests = requests + excluded.requests, errors = errors + excluded.errors`,
    );
    for (let from = 0; from < counts.length; from += BATCH) {
      const rows = counts
        .slice(from, from + BATCH)
        .map(({ epoch, arm, person, requests, errors }) =>
          statement.bind(epoch, arm, saltedHash(env.EVENT_SECRET, "user", person), requests, errors),
        );
      await env.LOG.batch(rows);
    }
  }

  return {
    note(env, waitUntil, exposed, outcome) {
      const key = `${exposed.epoch}/${exposed.arm}/${exposed.person}`;
      const first = held.size === 0;
      const count = held.get(key) ?? { ...exposed, requests: 0, errors: 0 };
      if (outcome !== "other") count.requests += 1;
      if (outcome === "error") count.errors += 1;
      held.set(key, count);
      if (first) {
        const later = new Promise((resolve) => setTimeout(resolve, Number(env.EXPOSURE_FLUSH_MS)));
        waitUntil(later.then(() => flush(env)).catch((error: unknown) => console.warn("exposures were lost", error)));
      }
    },
  };
}

/** Distinct users by arm since the pointer had this epoch. */
export async function exportExposure(env: Env, from: number): Promise<ExposureAnswer> {
  const { results } = await env.LOG.prepare(
    `SELECT arm, count(*) AS assigned, sum(requests > 0) AS users, sum(errors > 0) AS usersWithError,
            sum(requests) AS requests, sum(errors) AS errors
     FROM (SELECT arm, user, sum(requests) AS requests, sum(errors) AS errors FROM exposures WHERE epoch >= ?1 GROUP BY arm, user)
     GROUP BY arm ORDER BY arm`,
  )
    .bind(from)
    .all<ExposureAnswer["arms"][number]>();
  return { arms: results };
}

/** Forgets what was counted before this epoch: a rollout that is over needs it no more. Answers how many rows there were. */
export async function forgetExposure(env: Env, before: number): Promise<number> {
  const { meta } = await env.LOG.prepare("DELETE FROM exposures WHERE epoch < ?1").bind(before).run();
  return meta.changes;
}
