import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Endpoints, Home } from "./home.ts";
import { freePort, portOf } from "./ports.ts";
import type { Supervisor } from "./supervisor.ts";

const NAMESPACE = "haqei";

/** Keywords by which runs are found in the UI and by `haqei status`. */
const SEARCH_ATTRIBUTES = ["LogicalDate", "RunKind", "ModelDigest", "Verdict", "Stage"] as const;

/**
 * Starts a Temporal dev server with UI on the home's SQLite file and waits until its namespace and search attributes can be
 * used. Ports of the last start are taken again where they are free, so that links to runs stay valid.
 */
export async function startTemporalServer(options: {
  supervisor: Supervisor;
  home: Home;
  binary: string;
  earlier?: Endpoints["temporal"] | undefined;
  readySeconds?: number;
}): Promise<Endpoints["temporal"]> {
  const { supervisor, home, binary, earlier } = options;
  const port = await freePort(portOf(earlier?.address));
  const uiPort = await freePort(portOf(earlier?.ui));
  const ui = `http://127.0.0.1:${uiPort}`;
  mkdirSync(dirname(home.temporalDatabase), { recursive: true });
  await supervisor.start({
    name: "temporal",
    command: binary,
    args: [
      ...["server", "start-dev", "--ip", "127.0.0.1", "--port", String(port), "--ui-port", String(uiPort)],
      ...["--db-filename", home.temporalDatabase, "--namespace", NAMESPACE, "--log-level", "warn"],
      ...SEARCH_ATTRIBUTES.flatMap((name) => ["--search-attribute", `${name}=Keyword`]),
    ],
    ready: () => answers(ui),
    readySeconds: options.readySeconds ?? 60,
  });
  return { address: `127.0.0.1:${port}`, namespace: NAMESPACE, ui };
}

/** Asked through the UI's proxy, so that true means: UI, server, namespace and search attributes are all there. */
async function answers(ui: string): Promise<boolean> {
  const answer = await fetch(`${ui}/api/v1/namespaces/${NAMESPACE}/search-attributes`, {
    signal: AbortSignal.timeout(2000),
  });
  if (!answer.ok) return false;
  const { customAttributes } = (await answer.json()) as { customAttributes?: Record<string, unknown> };
  return SEARCH_ATTRIBUTES.every((name) => customAttributes?.[name] !== undefined);
}
