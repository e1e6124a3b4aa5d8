import { join } from "node:path";
import { startEdge, startWorker } from "#local/edge-server.ts";
import { adminSecret, type Home, prepareHome } from "#local/home.ts";

/** A row of the edge's event log; `receivedAt` in ms since 1970, now where it is not said. */
export interface LogRow {
  id: string;
  body: string;
  receivedAt?: number;
}

/** Writes rows as an older version or a damaged disk might have. Call it before the home's servers start. */
export const poisonLog = (home: Home, bodies: readonly string[]): Promise<void> =>
  writeLog(
    home,
    bodies.map((body, index) => ({ id: `poison-${index}`, body })),
  );

/** Rows of one statement's batch. */
const BATCH = 500;

/**
 * Writes rows into a home's event log behind the edge's back: the edge makes its tables, ends, and a Worker without any checks writes
 * into them. Call it before the home's servers start.
 */
export async function writeLog(home: Home, rows: readonly LogRow[]): Promise<void> {
  prepareHome(home);
  const edge = await startEdge({ persistence: home.edge, adminSecret: adminSecret(home), port: 0 });
  await edge.stop();
  const worker = await startWorker(
    {
      config: {
        name: "poison",
        compatibilityDate: "2026-10-01",
        manifest: {
          mainModule: "index.js",
          modulesRoot: join(home.directory),
          modules: { "index.js": { type: "esm", contents: "export default {}" } },
        },
        env: { LOG: { type: "d1", id: "haqei-log" } },
      },
    },
    home.edge,
    0,
  );
  try {
    const log = await worker.miniflare.getD1Database("LOG");
    const insert = log.prepare(
      "INSERT INTO events (id, received_at, body) VALUES (?1, coalesce(?2, CAST(unixepoch('subsec') * 1000 AS INTEGER)), ?3)",
    );
    for (let at = 0; at < rows.length; at += BATCH)
      await log.batch(
        rows.slice(at, at + BATCH).map(({ id, receivedAt, body }) => insert.bind(id, receivedAt ?? null, body)),
      );
  } finally {
    await worker.stop();
  }
}
