import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { RunReport } from "#contracts/run.ts";
import { readAuthored } from "#datasets/authored.ts";
import type { ConfigInput } from "#local/config.ts";
import { runDemonstration } from "#local/demonstration.ts";
import { type Bundled, bundledFallback } from "#local/fallback.ts";
import {
  adminSecret,
  type Endpoints,
  type Home,
  homeIn,
  homeSigner,
  prepareHome,
  writeEndpoints,
} from "#local/home.ts";
import { freePort } from "#local/ports.ts";
import { createSupervisor, type Supervisor } from "#local/supervisor.ts";
import { DEV_SERVER, findBinary } from "#local/temporal-binary.ts";
import { startTemporalServer } from "#local/temporal-server.ts";
import { logicalDateOf } from "#policy/logical-date.ts";
import { startRun } from "#workers/client.ts";
import { printFigures } from "./figures.ts";
import { type Use, useOfGroups } from "./group-use.ts";

/**
 * Tenants on one Temporal server: each is a namespace with workers, registry, store and edge of its own, and takes a small day (the help desk
 * of `haqei init`) through all stages. First one tenant alone, then all at once; each must come to the model that the first came to alone.
 * `--tenants=10`. Linux only. CPU is of all processes of a tenant, and of the server's one process.
 */
const TENANTS = Number(process.argv.find((argument) => argument.startsWith("--tenants="))?.slice(10) ?? "10");
const ROOT = fileURLToPath(new URL("../", import.meta.url));
const DATASET = join(ROOT, "local/example/data");
const DATE = logicalDateOf(Date.now(), "Asia/Tokyo");
const QUERIES = 100;
const SETTINGS = {
  dataset: DATASET,
  preprocess: { minimumExamples: 50, feedback: { maximumShare: 0.05 } },
  training: { epochs: 20, learningRate: 0.1, dropout: 0.5, labelSmoothing: 0.1, maxFeatures: 20_000 },
} satisfies ConfigInput;
const MB = 1e6;

interface Tenant {
  home: Home;
  endpoints: Endpoints;
  supervisor: Supervisor;
}

const folder = mkdtempSync(join(tmpdir(), "haqei-tenants-"));
const config = join(folder, "haqei.config.ts");
writeFileSync(config, `export default ${JSON.stringify(SETTINGS)};\n`);
const authored = await readAuthored(DATASET);
const serverHome = prepareHome(homeIn(join(folder, "server")));
const server = await createSupervisor(serverHome, { log: () => undefined });
const tenants: Tenant[] = [];

/** A tenant's namespace, edge and workers. Bundles of workflows are the same for all: the first one's are taken. */
async function open(number: number, bundled: Bundled, temporal: Endpoints["temporal"]): Promise<Tenant> {
  const namespace = `tenant-${number}`;
  await promisify(execFile)("/bin/sh", [join(ROOT, "temporal-docker/temporal/namespace.sh")], {
    env: {
      HOME: folder,
      PATH: [dirname(await findBinary(DEV_SERVER)), process.env.PATH].join(delimiter),
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: namespace,
    },
  });
  const home = prepareHome(homeIn(join(folder, namespace)));
  const first = tenants[0]?.home.cache;
  if (first !== undefined && existsSync(first)) cpSync(first, home.cache, { recursive: true });
  adminSecret(home);
  const port = await freePort(undefined);
  const endpoints: Endpoints = {
    temporal: { address: temporal.address, namespace },
    edge: { url: `http://127.0.0.1:${port}` },
    adminSecretFile: home.adminSecretFile,
  };
  writeEndpoints(home, endpoints);
  const supervisor = await createSupervisor(home, { log: () => undefined });
  const tenant = { home, endpoints, supervisor };
  tenants.push(tenant);
  const start = (name: string, entry: string, env: Record<string, string>) =>
    supervisor.start({
      name,
      command: process.execPath,
      args: ["--disable-warning=ExperimentalWarning", join(ROOT, entry)],
      env: { HAQEI_CONFIG: config, HAQEI_ADMIN_SECRET_FILE: home.adminSecretFile, ...env },
      ready: "message",
      readySeconds: 240,
    });
  await start("edge", "local/edge-process.ts", {
    HAQEI_EDGE_PORT: String(port),
    HAQEI_BLESSING_KEYS: homeSigner(home).publicKeys.join(","),
    HAQEI_FALLBACK_MODEL: bundled.model,
    HAQEI_FALLBACK_DICTIONARY: bundled.dictionary,
  });
  for (const name of ["pipeline", "compute"]) await start(name, `workers/${name}.ts`, {});
  return tenant;
}

const use = ({ supervisor }: { supervisor: Supervisor }): Use =>
  useOfGroups(supervisor.children().map(({ pid }) => pid));

/** A tenant's users ask and tell, then its day is run. @returns the run and its wall time in s */
async function day({ endpoints }: Tenant): Promise<{ report: RunReport; seconds: number }> {
  await runDemonstration({
    edgeUrl: endpoints.edge.url,
    queries: authored.examples.filter(({ split }) => split === "live"),
    classes: authored.classes,
    n: QUERIES,
    seed: 1,
    date: DATE,
    concurrency: 2,
  });
  const begun = performance.now();
  const report = await startRun(endpoints, { kind: "daily", date: DATE, seed: 1, release: true }, { wait: true });
  if (report.status !== "completed")
    throw new Error(`the run of ${endpoints.temporal.namespace} ${report.status}: ${report.error}`);
  return { report, seconds: (performance.now() - begun) / 1000 };
}

try {
  const bundled = await bundledFallback(authored, { cache: join(folder, "cache"), seed: 1, log: () => undefined });
  const binary = await findBinary(DEV_SERVER);
  const temporal = await startTemporalServer({ supervisor: server, home: serverHome, binary });
  const stored = () => statSync(serverHome.temporalDatabase).size;

  const alone = await open(1, bundled, temporal);
  const aloneFrom = use(alone);
  const first = await day(alone);
  const aloneCpu = use(alone).cpuSeconds - aloneFrom.cpuSeconds;

  for (let number = 2; number <= TENANTS; number++) await open(number, bundled, temporal);
  const others = tenants.slice(1);
  const idle = useOfGroups(others.flatMap(({ supervisor }) => supervisor.children().map(({ pid }) => pid)));
  const before = { server: use({ supervisor: server }), bytes: stored() };
  let peak = 0;
  const watching = setInterval(() => {
    peak = Math.max(peak, use({ supervisor: server }).bytes);
  }, 200);
  const begun = performance.now();
  const runs = await Promise.all(others.map(day));
  const wall = (performance.now() - begun) / 1000;
  clearInterval(watching);
  const after = useOfGroups(others.flatMap(({ supervisor }) => supervisor.children().map(({ pid }) => pid)));
  const serverCpu = use({ supervisor: server }).cpuSeconds - before.server.cpuSeconds;
  const n = others.length;
  const same = runs.filter(({ report }) => report.model?.sha256 === first.report.model?.sha256).length;
  const longest = Math.max(...runs.map(({ seconds }) => seconds));
  printFigures(
    "tenants",
    [
      { name: "a day of one tenant alone", value: first.seconds, unit: "s", n: 1 },
      {
        name: `the longest of ${n} days at once`,
        value: longest,
        unit: "s",
        ratioTo: "alone",
        ratio: longest / first.seconds,
        n,
      },
      { name: `${n} tenants: users, then days, all at once`, value: wall, unit: "s", n },
      {
        name: "models that are the one it comes to alone",
        value: same,
        unit: `of ${n}`,
        goal: "all",
        met: same === n,
        n,
      },
      { name: "CPU of a tenant, a day with its users, alone", value: aloneCpu, unit: "s", n: 1 },
      { name: "the same, all at once", value: (after.cpuSeconds - idle.cpuSeconds) / n, unit: "s", n },
      { name: "CPU of the Temporal server a day", value: serverCpu / n, unit: "s", n },
      { name: "memory of a tenant's processes, idle", value: idle.bytes / n / MB, unit: "MB", n },
      { name: "the same after a day", value: after.bytes / n / MB, unit: "MB", n },
      { name: "highest memory of the Temporal server", value: peak / MB, unit: "MB", n },
      { name: "Temporal's database, growth a day", value: (stored() - before.bytes) / n / 1000, unit: "KB", n },
    ],
    process.argv.includes("--json"),
  );
} finally {
  for (const { supervisor } of tenants) await supervisor.stop();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
