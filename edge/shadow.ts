import type { Served } from "#contracts/event.ts";
import type { Pointer } from "#contracts/pointer.ts";
import type { Disagreement, ShadowCounts } from "#contracts/shadow.ts";
import { placeOf } from "#policy/buckets.ts";
import type { LoadedModel } from "./loaded-model.ts";
import type { Residents } from "./residents.ts";
import type { Scored } from "./scored.ts";
import type { Tally } from "./tally.ts";

const PLACES = 10_000;
/** Disagreements that wait to be written; more are counted and not kept. */
const MOST_WAITING = 500;
/** Texts are kept for 30 days, with consent or not at all. */
const KEEP_MS = 30 * 86_400_000;

interface Count {
  model: string;
  shadow: string;
  user: string;
  agreed: number;
  disagreed: number;
}

/** What a shadow run compares: an answer that was given. */
export interface Shown {
  served: Served;
  scored: Scored;
  /** The text, to be scored and forgotten. */
  text: string;
  /** Salted hash of the user's id. */
  user: string | undefined;
}

export interface Shadow {
  /** Whether a query belongs to the sample: the same person, or without one the same text, always does or never. */
  takes(pointer: Pointer | undefined, who: string): boolean;
  /** Has the shadow answer too, behind the answer. Never rejects: nobody waits for it. */
  run(env: Env, pointer: Pointer, shown: Shown, operationBudget: number): Promise<void>;
  /** Writes what came since the last time, in one batch. */
  write(env: Env): Promise<void>;
}

export function createShadow(models: Residents<LoadedModel>, tally: Tally): Shadow {
  let waiting: Disagreement[] = [];
  let counts = new Map<string, Count>();

  function count({ served, user = "" }: Shown, shadow: string, agreed: boolean): void {
    const { model, lang, bucket } = served;
    const key = `${model} ${shadow} ${user}`;
    const held = counts.get(key) ?? { model, shadow, user, agreed: 0, disagreed: 0 };
    if (agreed) held.agreed += 1;
    else held.disagreed += 1;
    counts.set(key, held);
    tally.add({ model, lang, bucket }, { shadow_pairs: 1, shadow_disagreements: agreed ? 0 : 1 });
  }

  return {
    takes: (pointer, who) =>
      pointer?.shadow !== undefined && placeOf(`shadow ${pointer.salt}`, who) < pointer.shadow.sample * PLACES,
    async run(env, { shadow }, shown, operationBudget) {
      if (shadow === undefined) return;
      try {
        const model = await models.load(env, shadow.sha256);
        const { served, scored, text, user } = shown;
        const ranked = (predictions: readonly { id: number; score: number }[]) =>
          predictions.map(({ id, score }) => ({ id, score }));
        const other = model.classify(text, { top: scored.predictions.length, operationBudget }).predictions;
        const agreed = other[0]?.id === scored.predictions[0]?.id;
        count(shown, shadow.sha256, agreed);
        if (agreed || waiting.length >= MOST_WAITING) return;
        waiting.push({
          textHash: served.textHash,
          at: served.at,
          lang: served.lang,
          model: served.model,
          answers: ranked(scored.predictions),
          shadow: shadow.sha256,
          shadowAnswers: ranked(other),
          ...(user !== undefined && { user }),
          ...(served.text !== undefined && { text: served.text }),
        });
      } catch (error) {
        console.warn("a shadow could not answer", error);
      }
    },
    async write(env) {
      if (counts.size === 0) return;
      const kept = env.LOG.prepare("INSERT INTO shadow_disagreements (at, user, body) VALUES (?1, ?2, ?3)");
      const counted = env.LOG.prepare(
        `INSERT INTO shadow_counts (model, shadow, user, agreed, disagreed) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET agreed = agreed + excluded.agreed, disagreed = disagreed + excluded.disagreed`,
      );
      const old = env.LOG.prepare("DELETE FROM shadow_disagreements WHERE at < ?1").bind(Date.now() - KEEP_MS);
      const writes = [
        old,
        ...waiting.map((one) => kept.bind(one.at, one.user ?? "", JSON.stringify(one))),
        ...[...counts.values()].map((one) => counted.bind(one.model, one.shadow, one.user, one.agreed, one.disagreed)),
      ];
      waiting = [];
      counts = new Map();
      await env.LOG.batch(writes);
    },
  };
}

/** Disagreements after `after`, oldest first, as JSON Lines of `{seq, …Disagreement}`, and where to go on. */
export async function exportDisagreements(
  env: Env,
  after: number,
  limit: number,
): Promise<{ lines: string; next: number }> {
  const { results } = await env.LOG.prepare(
    "SELECT seq, body FROM shadow_disagreements WHERE seq > ?1 ORDER BY seq LIMIT ?2",
  )
    .bind(after, limit)
    .all<{ seq: number; body: string }>();
  const lines = results.map(({ seq, body }) => `{"seq":${seq},${body.slice(1)}\n`);
  return { lines: lines.join(""), next: results.at(-1)?.seq ?? after };
}

/** How often each pair of models agreed, and over how many users. */
export async function shadowCounts(env: Env): Promise<ShadowCounts> {
  const { results } = await env.LOG.prepare(
    `SELECT model, shadow, SUM(user <> '') AS users, SUM(agreed) AS agreed, SUM(disagreed) AS disagreed
     FROM shadow_counts GROUP BY model, shadow`,
  ).all<ShadowCounts["pairs"][number]>();
  return { pairs: results };
}
