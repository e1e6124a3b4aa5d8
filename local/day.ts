import { resolve } from "node:path";
import { InputError } from "#contracts/errors.ts";
import type { RunInput, RunOutcome, RunReport } from "#contracts/run.ts";
import { type AuthoredData, readAuthored } from "#datasets/authored.ts";
import { logicalDateOf } from "#policy/logical-date.ts";
import { startRun } from "#workers/client.ts";
import { keepHistories } from "#workers/history-retention.ts";
import { applySchedules } from "#workers/schedules.ts";
import type { LoadedConfig } from "./config.ts";
import { type DemonstrationResult, runDemonstration } from "./demonstration.ts";
import { bundledFallback } from "./fallback.ts";
import type { Home } from "./home.ts";
import type { Progress } from "./progress.ts";
import { type Servers, startServers } from "./start.ts";

export type Day = {
  servers: Servers;
  run: RunReport;
  events: DemonstrationResult;
  /** From the first step until the run was over. */
  seconds: number;
};

/**
 * What `npm start` shows: everything is started, simulated users ask and send feedback, and the daily batch learns from it.
 * The servers still run when it returns; where it fails they have been ended.
 *
 * @param options.date logical date; today in the config's time zone where not said, which makes the run a partial one
 * @param options.demo how many queries are asked; 0 for none
 */
export async function liveDay(options: {
  home: Home;
  loaded: LoadedConfig;
  date?: string | undefined;
  demo: number;
  dataset?: string | undefined;
  log: Progress;
  /** Told of the batch's stages as they go on. */
  onProgress: (outcome: RunOutcome) => void;
  signal?: AbortSignal;
}): Promise<Day> {
  const { home, loaded, demo, log, onProgress, signal } = options;
  const begun = Date.now();
  const { config } = loaded;
  const date = options.date ?? logicalDateOf(begun, config.timezone);
  const dataset = options.dataset === undefined ? undefined : resolve(options.dataset);
  const authored = await readAuthored(dataset ?? resolve(loaded.directory, config.dataset));

  const fallback = bundledFallback(authored, { cache: home.cache, seed: config.seed, log });
  // It is awaited when the edge starts; should something else fail before, its own failure is not news.
  fallback.catch(() => undefined);
  const servers = await startServers({
    home,
    configFile: loaded.file,
    fallback,
    log,
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    await applySchedules(servers.endpoints, config);
    await keepHistories(servers.endpoints, config.retention.historyDays);
    const events = await demonstrate(authored, {
      edgeUrl: servers.endpoints.edge.url,
      n: demo,
      seed: config.seed,
      date,
      log,
      signal,
    });
    const input: RunInput = {
      kind: "daily",
      date,
      seed: config.seed,
      release: true,
      ...(dataset === undefined ? {} : { dataset }),
    };
    log(`The daily batch for ${date} begins.`);
    const run = await startRun(servers.endpoints, input, {
      wait: true,
      timezone: config.timezone,
      onProgress,
      ...(signal === undefined ? {} : { signal }),
    });
    signal?.throwIfAborted();
    return { servers, run, events, seconds: (Date.now() - begun) / 1000 };
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

async function demonstrate(
  { examples, classes }: AuthoredData,
  options: { edgeUrl: string; n: number; seed: number; date: string; log: Progress; signal: AbortSignal | undefined },
): Promise<DemonstrationResult> {
  const { n, log, ...rest } = options;
  const live = examples.filter(({ split }) => split === "live");
  // Taxonomies of tables have no split for simulated users: theirs ask what the model was not trained on.
  const queries = live.length > 0 ? live : examples.filter(({ split }) => split === "dev");
  if (n > 0 && queries.length === 0)
    throw new InputError(
      "The data set has neither live nor dev queries for simulated users.",
      "Add some, or use --demo 0.",
    );
  const result = await runDemonstration({
    ...rest,
    n,
    queries,
    classes,
    onProgress: (done, of) => {
      if (done % 100 === 0) log(`Simulated users: ${done} of ${of} queries asked.`);
    },
  });
  log(`Feedback: ${result.sent} events sent, ${result.accepted} new, ${result.duplicates} known already.`);
  return result;
}
