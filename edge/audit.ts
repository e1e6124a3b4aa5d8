import type { AuditAnswer } from "#contracts/status.ts";
import { HttpError } from "./http-error.ts";

const LISTED = 100;

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
  const row = await env.LOG.prepare(
    "INSERT INTO audit (at, operator, action, trace) VALUES (?1, ?2, ?3, ?4) RETURNING seq",
  )
    .bind(Date.now(), operator, action, trace ?? null)
    .first<{ seq: number }>()
    .catch((error: unknown) => {
      console.error("an action could not be written down", error);
      throw new HttpError(503, "LogUnavailable", "this could not be written down, so it was not done: try again", {
        headers: { "retry-after": "5" },
      });
    });
  return async (status) => {
    await env.LOG.prepare("UPDATE audit SET status = ?1 WHERE seq = ?2")
      .bind(status, row?.seq ?? 0)
      .run();
  };
}

/** The last actions, newest first. */
export async function auditTrail(env: Env): Promise<AuditAnswer["actions"]> {
  const { results } = await env.LOG.prepare(
    "SELECT at, operator, action, status, trace FROM audit ORDER BY seq DESC LIMIT ?1",
  )
    .bind(LISTED)
    .all<AuditAnswer["actions"][number]>();
  return results;
}
