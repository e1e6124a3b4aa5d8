import { type InjectedSinks, NativeConnection, Runtime, Worker, type WorkerOptions } from "@temporalio/worker";
import { pino } from "pino";
import { NotReachableError } from "#contracts/errors.ts";
import { type LoadedConfig, loadConfig } from "#local/config.ts";
import { type Endpoints, type Home, readEndpoints, resolveHome } from "#local/home.ts";
import { freePort } from "#local/ports.ts";
import type { TraceSinks } from "#workflows/tracing.ts";
import { payloadOptions } from "./payload-codec.ts";
import { temporalConnection } from "./temporal-connection.ts";
import { tracedActivity, tracedClient } from "./traced.ts";
import { tracesUrl } from "./traces-url.ts";
import { startTracing } from "./tracing.ts";
import { workerVersion } from "./version.ts";

export interface WorkerProcess {
  home: Home;
  loaded: LoadedConfig;
  endpoints: Endpoints;
  connection: NativeConnection;
  /** What Temporal's SDK counts in this process, as Prometheus text. */
  sdkMetrics: () => Promise<string>;
}

/**
 * The life of a worker process: logs as JSON lines on stdout, reads config and addresses from its home, connects, says that it
 * is ready, works until SIGTERM, and ends activities in their grace time. Exits with 1 when it cannot go on, for its supervisor to see.
 */
export async function runWorker(
  name: string,
  create: (process: WorkerProcess) => Promise<{
    options: Omit<WorkerOptions, "connection" | "namespace">;
    endpoints?: Record<string, { url: string }>;
    stop?: () => Promise<void>;
  }>,
): Promise<void> {
  const log = pino({ name, base: { pid: process.pid } });
  // The SDK serves its own figures on a port of its own; whoever wants them asks this process.
  const sdkMetricsAddress = `127.0.0.1:${await freePort(undefined)}`;
  const runtime = Runtime.install({
    logger: {
      log: (level, message, meta) =>
        log[
          level === "TRACE"
            ? "trace"
            : level === "DEBUG"
              ? "debug"
              : level === "INFO"
                ? "info"
                : level === "WARN"
                  ? "warn"
                  : "error"
        ](meta ?? {}, message),
      trace: (message, meta) => log.trace(meta ?? {}, message),
      debug: (message, meta) => log.debug(meta ?? {}, message),
      info: (message, meta) => log.info(meta ?? {}, message),
      warn: (message, meta) => log.warn(meta ?? {}, message),
      error: (message, meta) => log.error(meta ?? {}, message),
    },
    telemetryOptions: {
      metrics: {
        prometheus: { bindAddress: sdkMetricsAddress, useSecondsForDurations: true, countersTotalSuffix: true },
      },
      logging: { forward: {}, filter: { core: "WARN", other: "ERROR" } },
    },
  });
  try {
    const loaded = await loadConfig(process.env.HAQEI_CONFIG || undefined);
    const home = resolveHome(loaded.directory);
    const tracing = startTracing(name, tracesUrl(loaded.config.telemetry.otlpUrl), (message) =>
      log.warn({ about: "traces" }, message),
    );
    const sinks: InjectedSinks<TraceSinks> = { trace: { ended: { fn: (_, span) => tracing.ended(span) } } };
    const endpoints = readEndpoints(home);
    const connection = await connect(endpoints);
    const {
      options,
      endpoints: offered,
      stop,
    } = await create({
      home,
      loaded,
      endpoints,
      connection,
      sdkMetrics: async () => (await fetch(`http://${sdkMetricsAddress}/metrics`)).text(),
    });
    const worker = await Worker.create({
      connection,
      namespace: endpoints.temporal.namespace,
      ...payloadOptions(),
      ...workerVersion(),
      interceptors: { activity: [tracedActivity], client: { workflow: [tracedClient] } },
      sinks,
      // Also bounds how long a cancel takes to reach an activity.
      maxHeartbeatThrottleInterval: "2s",
      defaultHeartbeatThrottleInterval: "2s",
      shutdownGraceTime: "5s",
      shutdownForceTime: "15s",
      ...options,
    });
    // A parent that died without a word leaves no worker behind.
    process.once("disconnect", () => {
      if (worker.getState() === "RUNNING") worker.shutdown();
    });
    process.send?.({ type: "ready", ...(offered ? { endpoints: offered } : {}) });
    log.info({ taskQueue: options.taskQueue }, "ready");
    await worker.run();
    await stop?.();
    await tracing.stop();
    await connection.close();
  } catch (error) {
    log.fatal({ err: error }, "the worker cannot go on");
    process.exitCode = 1;
    // The SDK ends it with its last worker. Where there was none it would keep this process, even from SIGTERM.
    await runtime.shutdown();
  }
  process.disconnect?.();
}

async function connect(endpoints: Endpoints): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(temporalConnection(endpoints));
  } catch (cause) {
    throw new NotReachableError(
      `Temporal at ${endpoints.temporal.address} does not answer`,
      "Start the servers with haqei start.",
      {
        cause,
      },
    );
  }
}
