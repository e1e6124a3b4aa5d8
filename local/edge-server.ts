import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Log, LogLevel, Miniflare, type WorkerOptions } from "miniflare";
import { z } from "zod";
import { derivedSecret, localEdgeBucket } from "#stores/edge-bucket.ts";
import { bundleWorker, EDGE_FOLDER, type EdgeBundle } from "./edge-bundle.ts";
import { watchWorkerd } from "./edge-guard.ts";
import { bindAddress, freePort } from "./ports.ts";

/** The part of `edge/wrangler.jsonc` that one machine needs: bindings have one truth. */
const WranglerConfig = z.object({
  name: z.string(),
  main: z.string(),
  compatibility_date: z.string(),
  d1_databases: z.array(z.object({ binding: z.string(), database_id: z.string(), migrations_dir: z.string() })),
  kv_namespaces: z.array(z.object({ binding: z.string(), id: z.string() })),
  r2_buckets: z.array(z.object({ binding: z.string(), bucket_name: z.string() })),
  vars: z.record(z.string(), z.string()),
});
type WranglerConfig = z.infer<typeof WranglerConfig>;

/** What `edge/wrangler.jsonc` says for one machine. */
export async function readWranglerConfig(): Promise<WranglerConfig> {
  const text = await readFile(join(EDGE_FOLDER, "wrangler.jsonc"), "utf8");
  return WranglerConfig.parse(JSON.parse(text.replace(/^\s*\/\/.*$/gm, "")));
}

export interface EdgeServerOptions {
  /** Folder of the persisted D1, KV and R2. */
  persistence: string;
  adminSecret: string;
  /** 0 for a free one. */
  port: number;
  /** File of the model that is bundled as the fallback, in place of `edge/fallback/model.bin`. */
  fallbackModel?: string;
  /** File of the dictionary that is bundled beside it. */
  fallbackDictionary?: string;
  /** What replaces variables of `wrangler.jsonc`. */
  vars?: Record<string, string>;
  /** With a queue for bursts of feedback, as where it is deployed. This one is in memory, so that a laptop has none. */
  queue?: boolean;
}

function workerOptions(
  config: WranglerConfig,
  bundle: EdgeBundle,
  { adminSecret, vars = {}, queue = false }: EdgeServerOptions,
): WorkerOptions {
  const values = {
    ...config.vars,
    ...vars,
    ADMIN_SECRET: adminSecret,
    EVENT_SECRET: derivedSecret(adminSecret, "event"),
  };
  const { accessKeyId, secretAccessKey } = localEdgeBucket({ url: "http://127.0.0.1", adminSecret });
  const queues = queue ? [{ type: "queue" as const, name: "haqei-events" }] : [];
  const dev = { experimentalS3Credentials: { accessKeyId, secretAccessKey } };
  return {
    config: {
      name: config.name,
      compatibilityDate: config.compatibility_date,
      manifest: { mainModule: bundle.main, modulesRoot: EDGE_FOLDER, modules: bundle.modules },
      env: Object.fromEntries([
        ...config.d1_databases.map(({ binding, database_id }) => [binding, { type: "d1", id: database_id }]),
        ...config.kv_namespaces.map(({ binding, id }) => [binding, { type: "kv", id }]),
        ...config.r2_buckets.map(({ binding, bucket_name }) => [binding, { type: "r2", name: bucket_name, dev }]),
        ...Object.entries(values).map(([name, value]) => [name, { type: "text", value }]),
        ...queues.map((one) => ["EVENTS", one]),
      ]),
      triggers: queues.map((one) => ({ ...one, maxBatchTimeout: 1 })),
    },
  };
}

type D1 = Awaited<ReturnType<Miniflare["getD1Database"]>>;

/** Statements of a migration: comments stand on lines of their own, and a statement ends a line. */
const statementsOf = (sql: string): string[] =>
  sql
    .replace(/^\s*--.*$/gm, "")
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");

/** Applies what was not yet applied, each file whole, and remembers it in the table that wrangler uses too. */
async function migrate(database: D1, folder: string): Promise<void> {
  await database
    .prepare(
      `CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
       applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`,
    )
    .run();
  const { results } = await database.prepare("SELECT name FROM d1_migrations").all();
  const applied = new Set(results.map((row: Record<string, unknown>) => row.name));
  const files = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  for (const name of files.filter((file) => !applied.has(file))) {
    const statements = statementsOf(await readFile(join(folder, name), "utf8"));
    await database.batch([
      ...statements.map((statement) => database.prepare(statement)),
      database.prepare("INSERT INTO d1_migrations (name) VALUES (?1)").bind(name),
    ]);
  }
}

export interface EdgeServer {
  /** Without a slash at its end. */
  url: string;
  /** Process id of workerd; another one after workerd died and was started again. */
  workerdPid(): number;
  /** Ends workerd too. */
  stop(): Promise<void>;
}

export interface RunningWorker extends EdgeServer {
  miniflare: Miniflare;
}

/** Runs a Worker in workerd, offline: no look-up of where this machine is, no registry of other processes, no telemetry. */
export async function startWorker(
  worker: WorkerOptions,
  persistence: string,
  wantedPort: number,
): Promise<RunningWorker> {
  // Chosen before the start, it stays when workerd has to be started again.
  const port = wantedPort === 0 ? await freePort() : wantedPort;
  const workerd = watchWorkerd(port);
  const miniflare = new Miniflare({
    workers: [worker],
    resourcePersistencePath: persistence,
    host: bindAddress(),
    port,
    cf: false,
    enableDevRegistry: false,
    telemetry: { enabled: false },
    logRequests: false,
    log: new Log(LogLevel.WARN),
  });
  const stop = async () => {
    workerd.end();
    await miniflare.dispose();
  };
  try {
    return { url: (await miniflare.ready).origin, miniflare, workerdPid: workerd.pid, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Runs the edge with what it keeps in `persistence`, its tables made first. One process at a time may own that folder.
 *
 * @throws where the bundle does not build or the port is taken
 */
export async function startEdge(options: EdgeServerOptions): Promise<EdgeServer> {
  const config = await readWranglerConfig();
  const bundle = await bundleWorker(join(EDGE_FOLDER, config.main));
  const bundled = { "model.bin": options.fallbackModel, "dictionary.bin": options.fallbackDictionary };
  for (const [name, file] of Object.entries(bundled))
    if (file) bundle.modules[`fallback/${name}`] = { type: "data", contents: new Uint8Array(await readFile(file)) };
  const running = await startWorker(workerOptions(config, bundle, options), options.persistence, options.port);
  const { miniflare, ...server } = running;
  try {
    for (const { binding, migrations_dir } of config.d1_databases) {
      await migrate(await miniflare.getD1Database(binding), join(EDGE_FOLDER, migrations_dir));
    }
    return server;
  } catch (error) {
    await running.stop();
    throw error;
  }
}
