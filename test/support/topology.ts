import { execFile } from "node:child_process";
import { randomInt } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { stringify } from "yaml";
import type { Bundled } from "#local/fallback.ts";
import { type Endpoints, type Home, homeIn, prepareHome } from "#local/home.ts";
import { isFree } from "#local/ports.ts";
import { type ChildSpecification, createSupervisor, type Supervisor } from "#local/supervisor.ts";
import { DEV_SERVER, findBinary } from "#local/temporal-binary.ts";
import { makeCluster, postgresAnswers, postgresPrograms, unprivileged } from "#stores/test-support/postgres.ts";
import { goPrograms, TEMPORAL_SERVER, VERSITYGW } from "./go-programs.ts";
import { TEMPORAL_PART_PORTS, temporalConfig } from "./temporal-config.ts";

const run = promisify(execFile);
const DOCKER = fileURLToPath(new URL("../../temporal-docker", import.meta.url));
const NAMESPACE = "haqei";
/** The workers' version, as compose gives it to them. */
const VERSION = { TEMPORAL_DEPLOYMENT_NAME: "haqei", TEMPORAL_WORKER_BUILD_ID: "local" };

/** Programs that the topology is made of; undefined what is not installed, and cannot be. */
export interface Programs {
  postgres: string | undefined;
  temporalServer: string | undefined;
  store: string | undefined;
  prometheus: string | undefined;
  alertmanager: string | undefined;
}

/** Looks for them, and builds from their Go modules what is asked for. */
export function findPrograms(): Programs {
  return {
    postgres: postgresPrograms(),
    temporalServer: goPrograms(TEMPORAL_SERVER),
    store: goPrograms(VERSITYGW),
    prometheus: onPath("prometheus"),
    alertmanager: onPath("prometheus-alertmanager") ?? onPath("alertmanager"),
  };
}

const onPath = (name: string): string | undefined =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));

export interface Topology {
  home: Home;
  endpoints: Endpoints;
  prometheus: string;
  alertmanager: string;
  children: Supervisor["children"];
  /** True when the part of this name can be used: after a kill it is started again, as containers are. */
  answers(name: string): Promise<boolean>;
  /** Ends everything and removes the folder. */
  end(): Promise<void>;
}

/**
 * The parts of `temporal-docker/compose.yaml` as processes of this machine, by the same scripts and config files: Temporal by mTLS on
 * Postgres, the store, the edge, two `pipeline` and two `compute` workers and an `urgent` one, Prometheus and Alertmanager. Only addresses are put in their place.
 */
export async function startTopology(
  programs: { [Program in keyof Programs]: string },
  options: { configFile: string; bundled: Bundled },
): Promise<Topology> {
  const folder = mkdtempSync(join(tmpdir(), "haqei-topology-"));
  // Postgres runs under another user, who must come to its folder and to the secrets.
  chmodSync(folder, 0o711);
  const home = prepareHome(homeIn(join(folder, "home")));
  const secrets = join(folder, "secrets");
  await run(join(DOCKER, "secrets.sh"), [secrets]);
  const secret = (name: string): string => readFileSync(join(secrets, name), "utf8").trim();

  const supervisor = await createSupervisor(home, { log: () => undefined });
  const ready = new Map<string, () => Promise<boolean>>();
  const start = async (child: ChildSpecification): Promise<void> => {
    if (child.ready !== "message") ready.set(child.name, child.ready);
    await supervisor.start(child);
  };
  const end = async (): Promise<void> => {
    await supervisor.stop();
    rmSync(folder, { recursive: true, force: true });
  };

  try {
    const [
      postgres = 0,
      store = 0,
      edge = 0,
      pages = 0,
      prometheus = 0,
      alertmanager = 0,
      frontend = 0,
      http = 0,
      metrics = 0,
      ...parts
    ] = await freePorts(9 + TEMPORAL_PART_PORTS);
    const path = join(folder, "bin");
    mkdirSync(path);
    const cli = await findBinary(DEV_SERVER);
    // The scripts call these by the names that they have in the images.
    symlinkSync(join(programs.temporalServer, "sql"), join(path, "temporal-sql-tool"));
    symlinkSync(join(programs.store, "versitygw"), join(path, "versitygw"));
    const env = {
      PATH: [dirname(process.execPath), path, dirname(cli), process.env.PATH].join(delimiter),
      NODE_OPTIONS: "--disable-warning=ExperimentalWarning",
      HAQEI_SECRETS: secrets,
    };

    const cluster = join(folder, "postgres");
    mkdirSync(cluster);
    const data = makeCluster(programs.postgres, cluster, "temporal", join(secrets, "postgres"));
    await start({
      name: "postgres",
      ...asUnprivileged(join(programs.postgres, "postgres"), [
        ...["-D", data, "-h", "127.0.0.1", "-p", String(postgres), "-k", cluster],
      ]),
      ready: async () => postgresAnswers(programs.postgres, postgres),
      readySeconds: 30,
    });

    const certificates = join(folder, "tls");
    await run(join(DOCKER, "tls/certificates.sh"), [certificates]);
    const adminSecretFile = join(secrets, "admin");
    await Promise.all([
      run("/bin/sh", [join(DOCKER, "temporal/schema.sh")], {
        env: {
          ...env,
          SQL_PLUGIN: "postgres12",
          SQL_HOST: "127.0.0.1",
          SQL_PORT: String(postgres),
          SQL_USER: "temporal",
        },
      }),
      start({
        name: "store",
        command: "/bin/sh",
        args: [join(DOCKER, "store.sh")],
        env: { ...env, STORE_ADDRESS: `127.0.0.1:${store}`, STORE_DATA: join(folder, "store") },
        ready: () => listens(store),
        readySeconds: 30,
      }),
      start({
        name: "edge",
        command: "/bin/sh",
        args: [join(DOCKER, "edge.sh")],
        env: {
          ...env,
          HAQEI_ADMIN_SECRET_FILE: adminSecretFile,
          HAQEI_EDGE_PORT: String(edge),
          HAQEI_FALLBACK_MODEL: options.bundled.model,
          HAQEI_FALLBACK_DICTIONARY: options.bundled.dictionary,
        },
        ready: () => answersWell(`http://127.0.0.1:${edge}/api/release`),
        readySeconds: 90,
      }),
    ]);

    const config = temporalConfig({
      database: `127.0.0.1:${postgres}`,
      user: "temporal",
      password: secret("postgres"),
      dynamicConfig: join(DOCKER, "temporal/dynamic.yaml"),
      certificates,
      ports: { frontend, http, metrics, parts },
    });
    writeFileSync(join(folder, "production.yaml"), stringify(config), { mode: 0o600 });
    await start({
      name: "temporal",
      command: join(programs.temporalServer, "server"),
      args: ["--root", folder, "--config", ".", "--env", "production", "--allow-no-auth", "start"],
      ready: () => listens(frontend),
      readySeconds: 60,
    });
    const address = `127.0.0.1:${frontend}`;
    const operator = {
      ...env,
      HOME: folder,
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: NAMESPACE,
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: join(certificates, "ca.pem"),
      TEMPORAL_TLS_CLIENT_CERT_PATH: join(certificates, "client.pem"),
      TEMPORAL_TLS_CLIENT_KEY_PATH: join(certificates, "client.key"),
      TEMPORAL_TLS_SERVER_NAME: "temporal",
      ...VERSION,
    };
    await run("/bin/sh", [join(DOCKER, "temporal/namespace.sh")], { env: operator });

    const endpoints: Endpoints = {
      temporal: {
        address,
        namespace: NAMESPACE,
        tls: {
          caFile: join(certificates, "ca.pem"),
          certificateFile: join(certificates, "client.pem"),
          keyFile: join(certificates, "client.key"),
          serverName: "temporal",
        },
      },
      edge: { url: `http://127.0.0.1:${edge}` },
      adminSecretFile,
      metrics: { url: `http://127.0.0.1:${pages}` },
    };
    const endpointsFile = join(folder, "endpoints.json");
    writeFileSync(endpointsFile, JSON.stringify(endpoints));
    const worker = (kind: string, number: number): Promise<void> =>
      start({
        name: `${kind}-${number}`,
        command: "/bin/sh",
        args: [join(DOCKER, "worker.sh"), kind],
        env: {
          ...env,
          HAQEI_ENDPOINTS: endpointsFile,
          HAQEI_CONFIG: options.configFile,
          HAQEI_PID_FILE: join(folder, `${kind}-${number}.pid`),
          POSTGRES_ADDRESS: `127.0.0.1:${postgres}`,
          HAQEI__store: JSON.stringify({
            kind: "s3",
            endpoint: `http://127.0.0.1:${store}`,
            bucket: "haqei",
            region: "us-east-1",
          }),
          HAQEI__registry: JSON.stringify({ kind: "postgres" }),
          ...VERSION,
        },
        ready: "message",
        readySeconds: 120,
      });
    const watch = {
      "alertmanager:9093": `127.0.0.1:${alertmanager}`,
      "pipeline:9464": `127.0.0.1:${pages}`,
      "temporal:9090": `127.0.0.1:${metrics}`,
      "localhost:9090": `127.0.0.1:${prometheus}`,
    };
    await Promise.all([
      worker("pipeline", 1).then(() => worker("pipeline", 2)),
      worker("compute", 1).then(() => worker("compute", 2)),
      worker("urgent", 1),
      start({
        name: "prometheus",
        command: programs.prometheus,
        args: [
          `--config.file=${readdressed(folder, "prometheus/prometheus.yaml", watch)}`,
          `--storage.tsdb.path=${join(folder, "prometheus-data")}`,
          `--web.listen-address=127.0.0.1:${prometheus}`,
        ],
        ready: () => answersWell(`http://127.0.0.1:${prometheus}/-/ready`),
        readySeconds: 30,
      }),
      start({
        name: "alertmanager",
        command: programs.alertmanager,
        args: [
          `--config.file=${join(DOCKER, "alertmanager/alertmanager.yaml")}`,
          `--storage.path=${join(folder, "alertmanager-data")}`,
          `--web.listen-address=127.0.0.1:${alertmanager}`,
          "--cluster.listen-address=",
        ],
        ready: () => answersWell(`http://127.0.0.1:${alertmanager}/-/ready`),
        readySeconds: 30,
      }),
    ]);
    await run("/bin/sh", [join(DOCKER, "temporal/version.sh")], { env: operator });
    return {
      home,
      endpoints,
      prometheus: `http://127.0.0.1:${prometheus}`,
      alertmanager: `http://127.0.0.1:${alertmanager}`,
      children: supervisor.children,
      answers: async (name) => (await ready.get(name)?.()) ?? false,
      end,
    };
  } catch (error) {
    // The folder stays: the error names a log in it.
    await supervisor.stop();
    throw error;
  }
}

/** A Prometheus config and its rules beside it, with addresses of this machine. Answers the config's path. */
function readdressed(folder: string, name: string, addresses: Readonly<Record<string, string>>): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  let text = readFileSync(join(DOCKER, name), "utf8");
  for (const [of, by] of Object.entries(addresses)) {
    if (!text.includes(of)) throw new Error(`${name} does not name ${of}`);
    text = text.replaceAll(of, by);
  }
  writeFileSync(file, text);
  symlinkSync(join(DOCKER, dirname(name), "rules.yaml"), join(dirname(file), "rules.yaml"));
  return file;
}

/** The program becomes the process that is started, whoever runs it: so it can be killed by its number. */
function asUnprivileged(command: string, args: readonly string[]): Pick<ChildSpecification, "command" | "args"> {
  const { uid, gid } = unprivileged();
  if (uid === undefined) return { command, args };
  return { command: "setpriv", args: [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", command, ...args] };
}

/**
 * Free ports below those that the system gives away for outgoing connections: whoever is started again finds its own still free,
 * and Temporal keeps ports in a number of 15 bits.
 */
async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let port = 20_000 + randomInt(10_000); ports.length < count; port++) if (await isFree(port)) ports.push(port);
  return ports;
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", timeout: 1000 });
    for (const [event, answer] of [
      ["connect", true],
      ["error", false],
      ["timeout", false],
    ] as const)
      socket.once(event, () => {
        socket.destroy();
        resolve(answer);
      });
  });

const answersWell = async (url: string): Promise<boolean> =>
  (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
