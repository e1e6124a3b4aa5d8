import { join } from "node:path";
import { startEdge, startWorker } from "#local/edge-server.ts";
import { adminSecret, type Home, prepareHome } from "#local/home.ts";

/**
 * Writes rows into a home's event log behind the edge's back, as an older version or a damaged disk might have: the edge makes
 * its tables, ends, and a Worker without any checks writes into them. Call it before the home's servers start.
 */
export async function poisonLog(home: Home, bodies: readonly string[]): Promise<void> {
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
    for (const [index, body] of bodies.entries()) {
      await log
        .prepare(
          "INSERT INTO events (id, received_at, body) VALUES (?1, CAST(unixepoch('subsec') * 1000 AS INTEGER), ?2)",
        )
        .bind(`poison-${index}`, body)
        .run();
    }
  } finally {
    await worker.stop();
  }
}
