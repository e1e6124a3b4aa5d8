import type { z } from "zod";

/** What the offline half publishes for people to see. */
export type StatusName = "release" | "operations";

/** Keeps the last of its name: a status is a copy, its truth is where it was published from. */
export async function publishStatus(env: Env, name: StatusName, operator: string, status: unknown): Promise<void> {
  await env.LOG.prepare(
    `INSERT INTO statuses (name, at, operator, body) VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT (name) DO UPDATE SET at = excluded.at, operator = excluded.operator, body = excluded.body`,
  )
    .bind(name, Date.now(), operator, JSON.stringify(status))
    .run();
}

/** The last that was published, when and by whom; null before the first. */
export async function readStatus<T extends z.ZodType>(
  env: Env,
  name: StatusName,
  schema: T,
): Promise<{ at: number; by: string; status: z.infer<T> | null }> {
  const row = await env.LOG.prepare("SELECT at, operator, body FROM statuses WHERE name = ?1")
    .bind(name)
    .first<{ at: number; operator: string; body: string }>();
  return row === null
    ? { at: 0, by: "", status: null }
    : { at: row.at, by: row.operator, status: schema.parse(JSON.parse(row.body)) };
}
