import { AuditAnswer } from "#contracts/status.ts";
import { HttpError } from "./http-error.ts";

const LISTED = 100;

/** What may be done while D1 is away: it is then written down in KV. */
const IN_AN_INCIDENT = "POST /admin/mode";
const KV_PREFIX = "audit/";
const Action = AuditAnswer.shape.actions.element;

/**
 * Writes down who is about to do what; answers what to call with the status once it is done. Nothing is done that could not be
 * written down before.
 *
 * @param action method and path, without a user's id in it
 * @param trace id of the trace that it is done in
 * @throws HttpError 503 where it cannot be written
 */
export async function audit(
  env: Env,
  operator: string,
  action: string,
  trace?: string,
): Promise<(status: number) => Promise<void>> {
  const at = Date.now();
  try {
    const row = await env.LOG.prepare(
      "INSERT INTO audit (at, operator, action, trace) VALUES (?1, ?2, ?3, ?4) RETURNING seq",
    )
      .bind(at, operator, action, trace ?? null)
      .first<{ seq: number }>();
    return async (status) => {
      await env.LOG.prepare("UPDATE audit SET status = ?1 WHERE seq = ?2")
        .bind(status, row?.seq ?? 0)
        .run();
    };
  } catch (error) {
    console.error("an action could not be written down in D1", error);
    if (action !== IN_AN_INCIDENT) throw unwritten();
    const key = `${KV_PREFIX}${at}-${crypto.randomUUID()}`;
    const write = (status: number | null) =>
      env.CACHE.put(key, JSON.stringify({ at, operator, action, status, trace: trace ?? null }));
    await write(null).catch(() => {
      throw unwritten();
    });
    return write;
  }
}

const unwritten = (): HttpError =>
  new HttpError(503, "LogUnavailable", "this could not be written down, so it was not done: try again", {
    headers: { "retry-after": "5" },
  });

/** The last actions, newest first. */
export async function auditTrail(env: Env): Promise<AuditAnswer["actions"]> {
  const { results } = await env.LOG.prepare(
    "SELECT at, operator, action, status, trace FROM audit ORDER BY seq DESC LIMIT ?1",
  )
    .bind(LISTED)
    .all<AuditAnswer["actions"][number]>();
  const { keys } = await env.CACHE.list({ prefix: KV_PREFIX });
  const aside = await Promise.all(keys.map(async ({ name }) => Action.parse(await env.CACHE.get(name, "json"))));
  return [...results, ...aside].sort((a, b) => b.at - a.at).slice(0, LISTED);
}
