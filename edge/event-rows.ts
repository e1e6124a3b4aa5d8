import { z } from "zod";

/** An event as the log keeps it; `seq` and the time of receipt are the database's to give. */
export const EventRow = z.object({
  id: z.string(),
  /** Salted hash of the user's id. */
  user: z.string().optional(),
  /** JSON of a `LoggedEvent` without these two. */
  body: z.string(),
});
export type EventRow = z.infer<typeof EventRow>;

/**
 * Time of receipt is the database's and never below the last row's, so a day that is over stays closed. What was sent before its
 * user asked to be forgotten, and waited since, is not written any more.
 */
const INSERT = `INSERT OR IGNORE INTO events (id, received_at, body)
  SELECT value ->> 'id',
         max(CAST(unixepoch('subsec') * 1000 AS INTEGER),
             coalesce((SELECT received_at FROM events ORDER BY seq DESC LIMIT 1), 0)),
         value ->> 'body'
  FROM json_each(?1)
  WHERE NOT EXISTS (SELECT 1 FROM erasures WHERE user = value ->> 'user' AND at >= ?2)
  ORDER BY key`;

/**
 * The statement that writes rows, all or none; its `changes` says how many were new: an id that is there already changes nothing.
 * @param sentAt when they came to the edge, in ms since 1970
 */
export const insertion = (database: D1Database, rows: readonly EventRow[], sentAt: number): D1PreparedStatement =>
  database.prepare(INSERT).bind(JSON.stringify(rows), sentAt);
