import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { startEdge } from "./edge-server.ts";

/**
 * The edge as a process of its own: `HAQEI_HOME` (state goes to `<home>/edge`), `HAQEI_ADMIN_SECRET_FILE`,
 * `HAQEI_EDGE_PORT` (0, the default, for a free one), `HAQEI_BLESSING_KEYS` (public keys whose blessings count; without any
 * nothing is released), `HAQEI_FALLBACK_MODEL` and `HAQEI_FALLBACK_DICTIONARY` (files of what is bundled), `HAQEI_EDGE_VARS` (JSON of variables in
 * place of those in `edge/wrangler.jsonc`). Says `{type: "ready", endpoints}` to its parent and on stdout. SIGTERM,
 * SIGINT and a parent that is gone end it, and workerd with it.
 */
function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") {
    console.error(`${name} is not set: the edge is started by \`haqei start\`, which sets it.`);
    process.exit(2);
  }
  return value;
}

const home = setting("HAQEI_HOME");
const adminSecret = readFileSync(setting("HAQEI_ADMIN_SECRET_FILE"), "utf8").trim();
const port = Number(process.env.HAQEI_EDGE_PORT ?? "0");

// Scratch files of a run that was killed go with the next one.
const scratch = join(home, "edge-scratch");
rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch, { recursive: true });
process.env.TMPDIR = scratch;

const fallbackModel = process.env.HAQEI_FALLBACK_MODEL;
const fallbackDictionary = process.env.HAQEI_FALLBACK_DICTIONARY;

const variables = z.record(z.string(), z.string()).parse(JSON.parse(process.env.HAQEI_EDGE_VARS || "{}"));

const starting = startEdge({
  persistence: join(home, "edge"),
  adminSecret,
  port,
  vars: { ...variables, BLESSING_KEYS: process.env.HAQEI_BLESSING_KEYS ?? "" },
  ...(fallbackModel ? { fallbackModel } : {}),
  ...(fallbackDictionary ? { fallbackDictionary } : {}),
});

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await (await starting).stop();
  process.exit(0);
}

process.on("disconnect", stop);
const { url } = await starting;
for (const signal of ["SIGTERM", "SIGINT"]) {
  // Miniflare's own listeners would end the process at once, as one that was killed.
  process.removeAllListeners(signal);
  process.on(signal, stop);
}

const ready = { type: "ready", endpoints: { edge: { url } } };
console.log(JSON.stringify(ready));
process.send?.(ready);
