import type { Served } from "#contracts/event.ts";
import { CHECK_PERSON } from "#contracts/http.ts";
import type { Pointer } from "#contracts/pointer.ts";
import type { Disagreement, ShadowCounts, ShadowLabels } from "#contracts/shadow.ts";
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

/** What became of one user's queries, '' standing for all who have no id. */
interface Count {
  epoch: number;
  model: string;
  shadow: string;
  user: string;
  agreed: number;
  disagreed: number;
  failed: number;
  currentFailed: number;
  /** Whether the first that both answered differed. */
  differed?: boolean;
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
  let waiting: Omit<Disagreement, "label">[] = [];
  let counts = new Map<string, Count>();

  function countOf({ served: { model }, user = "" }: Shown, epoch: number, shadow: string): Count {
    const key = `${epoch} ${model} ${shadow} ${user}`;
    const held = counts.get(key) ?? {
      epoch,
      model,
      shadow,
      user,
      agreed: 0,
      disagreed: 0,
      failed: 0,
      currentFailed: 0,
    };
    counts.set(key, held);
    return held;
  }

  return {
    takes: (pointer, who) =>
      pointer?.shadow !== undefined &&
      !who.startsWith(CHECK_PERSON) &&
      placeOf(`shadow ${pointer.salt}`, who) < pointer.shadow.sample * PLACES,
    async run(env, { shadow, epoch }, shown, operationBudget) {
      if (shadow === undefined) return;
      const { served, scored, text, user } = shown;
      const currentFailed = scored.path === "prior";
      try {
        const model = await models.load(env, shadow.sha256);
        const ranked = (predictions: readonly { id: number; score: number }[]) =>
          predictions.map(({ id, score }) => ({ id, score }));
        const { predictions: other, path } = model.classify(text, { top: scored.predictions.length, operationBudget });
        const held = countOf(shown, epoch, shadow.sha256);
        if (currentFailed) held.currentFailed += 1;
        if (path === "prior") held.failed += 1;
        // Whichever answered by the prior did not answer: its error is counted, and nothing is compared.
        if (currentFailed || path === "prior") return;
        const agreed = other[0]?.id === scored.predictions[0]?.id;
        const first = held.differed === undefined;
        if (agreed) held.agreed += 1;
        else held.disagreed += 1;
        held.differed ??= !agreed;
        const { model: by, lang, bucket } = served;
        tally.add({ model: by, lang, bucket }, { shadow_pairs: 1, shadow_disagreements: agreed ? 0 : 1 });
        if (agreed || waiting.length >= MOST_WAITING) return;
        waiting.push({
          epoch,
          first,
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
        const held = countOf(shown, epoch, shadow.sha256);
        held.failed += 1;
        if (currentFailed) held.currentFailed += 1;
      }
    },
    async write(env) {
      if (counts.size === 0) return;
      // The first that this isolate saw of somebody is so only where no other saw one before. In one batch, ahead of the counts.
      const kept = env.LOG.prepare(
        `INSERT INTO shadow_disagreements (at, user, body, epoch, first) SELECT ?1, ?2, ?3, ?4, ?5 AND ?2 <> '' AND NOT EXISTS
         (SELECT 1 FROM shadow_users WHERE epoch = ?4 AND model = ?6 AND shadow = ?7 AND user = ?2 AND differed IS NOT NULL)`,
      );
      const counted = env.LOG.prepare(
        `INSERT INTO shadow_users (epoch, model, shadow, user, agreed, disagreed, failed, current_failed, differed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT DO UPDATE SET agreed = agreed + excluded.agreed, disagreed = disagreed + excluded.disagreed,
           failed = failed + excluded.failed, current_failed = current_failed + excluded.current_failed,
           differed = coalesce(differed, excluded.differed)`,
      );
      const old = env.LOG.prepare("DELETE FROM shadow_disagreements WHERE at < ?1").bind(Date.now() - KEEP_MS);
      const writes = [
        old,
        ...waiting.map(({ epoch, first, ...one }) =>
          kept.bind(one.at, one.user ?? "", JSON.stringify(one), epoch, Number(first), one.model, one.shadow),
        ),
        ...[...counts.values()].map((one) =>
          counted.bind(
            one.epoch,
            one.model,
            one.shadow,
            one.user,
            one.agreed,
            one.disagreed,
            one.failed,
            one.currentFailed,
            one.differed === undefined ? null : Number(one.differed),
          ),
        ),
      ];
      waiting = [];
      counts = new Map();
      await env.LOG.batch(writes);
    },
  };
}

/** Disagreements after `after`, oldest first, as JSON Lines of `KeptDisagreement`, and where to go on. */
export async function exportDisagreements(
  env: Env,
  after: number,
  limit: number,
): Promise<{ lines: string; next: number }> {
  const { results } = await env.LOG.prepare(
    "SELECT seq, epoch, first, label, body FROM shadow_disagreements WHERE seq > ?1 ORDER BY seq LIMIT ?2",
  )
    .bind(after, limit)
    .all<{ seq: number; epoch: number; first: number; label: number | null; body: string }>();
  const lines = results.map(({ seq, epoch, first, label, body }) => {
    const columns = { seq, epoch, first: first === 1, ...(label !== null && { label }) };
    return `${JSON.stringify(columns).slice(0, -1)},${body.slice(1)}\n`;
  });
  return { lines: lines.join(""), next: results.at(-1)?.seq ?? after };
}

/** Writes down which class somebody found right; answers of how many disagreements, those that are still kept. */
export async function labelDisagreements(env: Env, { by, labels }: ShadowLabels): Promise<number> {
  const label = env.LOG.prepare(
    "UPDATE shadow_disagreements SET label = ?2, labelled_by = ?3, labelled_at = ?4 WHERE seq = ?1",
  );
  const now = Date.now();
  const written = await env.LOG.batch(labels.map((one) => label.bind(one.seq, one.label, by, now)));
  return written.reduce((sum, { meta }) => sum + meta.changes, 0);
}

type Pair = ShadowCounts["pairs"][number];

/** How each pair of models fared since an epoch, over users, and what people said where their answers differed. */
export async function shadowCounts(env: Env, from: number): Promise<ShadowCounts> {
  const [users, labels] = await Promise.all([
    env.LOG.prepare(
      `SELECT model, shadow, sum(user <> '') AS users, sum(user <> '' AND failed > 0) AS usersFailed,
              sum(user <> '' AND current_failed > 0) AS usersCurrentFailed,
              sum(user <> '' AND differed IS NOT NULL) AS compared, sum(user <> '' AND coalesce(differed, 0)) AS differed,
              sum(agreed) AS agreed, sum(disagreed) AS disagreed, sum(failed) AS failed
       FROM (SELECT model, shadow, user, sum(agreed) AS agreed, sum(disagreed) AS disagreed, sum(failed) AS failed,
                    sum(current_failed) AS current_failed, max(differed) AS differed
             FROM shadow_users WHERE epoch >= ?1 GROUP BY model, shadow, user)
       GROUP BY model, shadow ORDER BY model, shadow`,
    )
      .bind(from)
      .all<Omit<Pair, "labelled">>(),
    env.LOG.prepare(
      `SELECT json_extract(body, '$.model') AS model, json_extract(body, '$.shadow') AS shadow, count(*) AS n,
              sum(label = json_extract(body, '$.answers[0].id')) AS worse,
              sum(label = json_extract(body, '$.shadowAnswers[0].id')) AS better
       FROM shadow_disagreements WHERE epoch >= ?1 AND first AND label IS NOT NULL GROUP BY 1, 2`,
    )
      .bind(from)
      .all<{ model: string; shadow: string; n: number; worse: number; better: number }>(),
  ]);
  return {
    pairs: users.results.map((pair) => {
      const found = labels.results.find((one) => one.model === pair.model && one.shadow === pair.shadow);
      return { ...pair, labelled: { n: found?.n ?? 0, worse: found?.worse ?? 0, better: found?.better ?? 0 } };
    }),
  };
}
