import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Bundled } from "./fallback.ts";
import {
  adminSecret,
  type Endpoints,
  type Home,
  homeSigner,
  prepareHome,
  readEndpoints,
  writeEndpoints,
} from "./home.ts";
import { freePort, portOf } from "./ports.ts";
import type { Progress } from "./progress.ts";
import { type ChildSpecification, createSupervisor, type Supervisor } from "./supervisor.ts";
import { DEV_SERVER, findBinary } from "./temporal-binary.ts";
import { startTemporalServer } from "./temporal-server.ts";

export type Servers = {
  endpoints: Endpoints;
  urls: { temporal: string; edge: string; dashboard: string };
  children: Supervisor["children"];
  /** Ends everything in order. Harmless when called again. */
  stop(): Promise<string[]>;
};

/** Processes of ours, beside the two servers, in the order in which they start. */
export const WORKERS = ["pipeline", "compute", "urgent"] as const;

/**
 * Starts one home: admin secret, Temporal, edge, workers; addresses are in `endpoints.json` before the workers start, since
 * they read them there. Where a step fails, what had been started is ended.
 * @throws ConflictError where the home is in use; NotReachableError where something did not come up.
 */
export async function startServers(options: {
  home: Home;
  /** Absent: the defaults. */
  configFile?: string | undefined;
  log: Progress;
  /** What is bundled with the edge; made while Temporal starts. */
  fallback?: Promise<Bundled>;
  /** Ends the start early; what was started by then is ended. */
  signal?: AbortSignal;
  /** Added to the environment of edge and workers. */
  environment?: Readonly<Record<string, string>>;
}): Promise<Servers> {
  const { home, configFile, log, signal } = options;
  prepareHome(home);
  const supervisor = await createSupervisor(home, { log });
  const onAbort = () => void supervisor.stop();
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();
  try {
    adminSecret(home);
    const { publicKeys } = homeSigner(home);
    const earlier = existsSync(home.endpointsFile) ? earlierEndpoints(home) : undefined;
    const env = {
      ...options.environment,
      HAQEI_ADMIN_SECRET_FILE: home.adminSecretFile,
      ...(configFile === undefined ? {} : { HAQEI_CONFIG: configFile }),
    };

    const binary = await findBinary(DEV_SERVER, { log });
    const temporal = await startTemporalServer({ supervisor, home, binary, earlier: earlier?.temporal });
    log(`Temporal answers: ${temporal.ui}`);

    const port = await freePort(portOf(earlier?.edge.url));
    const fallback = await options.fallback;
    const bundled: Record<string, string> = fallback
      ? { HAQEI_FALLBACK_MODEL: fallback.model, HAQEI_FALLBACK_DICTIONARY: fallback.dictionary }
      : {};
    await supervisor.start(
      nodeChild(
        "edge",
        "edge-process.ts",
        { ...env, ...bundled, HAQEI_EDGE_PORT: String(port), HAQEI_BLESSING_KEYS: publicKeys.join(",") },
        { readySeconds: 90 },
      ),
    );
    let endpoints: Endpoints = {
      temporal,
      edge: { url: `http://127.0.0.1:${port}` },
      adminSecretFile: home.adminSecretFile,
    };
    writeEndpoints(home, endpoints);
    log(`The edge answers: ${endpoints.edge.url}`);

    const startWorker = (name: (typeof WORKERS)[number]) =>
      supervisor.start(
        nodeChild(name, `../workers/${name}.ts`, env, {
          readySeconds: 120,
          onReady: (message) => {
            const metrics = message.endpoints?.["metrics"];
            if (metrics === undefined) return;
            endpoints = { ...endpoints, metrics: { url: metrics.url } };
            writeEndpoints(home, endpoints);
          },
        }),
      );
    // `urgent` takes the bundle of workflows that `pipeline` has made, instead of making it beside it.
    await Promise.all([startWorker("pipeline").then(() => startWorker("urgent")), startWorker("compute")]);
    log(`Workers are ready: ${WORKERS.join(", ")}.`);
    return {
      get endpoints() {
        return endpoints;
      },
      urls: {
        temporal: `${temporal.ui}/namespaces/${temporal.namespace}/workflows`,
        edge: endpoints.edge.url,
        dashboard: endpoints.metrics?.url ?? "",
      },
      children: supervisor.children,
      stop: supervisor.stop,
    };
  } catch (error) {
    await supervisor.stop();
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Addresses of the last start, for their ports; a damaged file only costs the old ports. */
function earlierEndpoints(home: Home): Endpoints | undefined {
  try {
    return readEndpoints(home);
  } catch {
    return undefined;
  }
}

function nodeChild(
  name: string,
  entry: string,
  env: Record<string, string>,
  more: Pick<ChildSpecification, "readySeconds" | "onReady">,
): ChildSpecification {
  return {
    name,
    command: process.execPath,
    args: ["--disable-warning=ExperimentalWarning", fileURLToPath(new URL(entry, import.meta.url))],
    env,
    ready: "message",
    ...more,
  };
}
