import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "#local/ports.ts";

export interface PostgresServer {
  url: string;
  stop(): Promise<void>;
}

/** Where Debian and others put the programs of a server. */
const FOLDERS = ["/usr/local/bin", "/usr/bin", ...["17", "16", "15", "14"].map((v) => `/usr/lib/postgresql/${v}/bin`)];

/** Folder of Postgres' programs; undefined where none are installed. */
export function postgresPrograms(): string | undefined {
  const found = FOLDERS.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
  // Where these two are links, the rest lies where they point.
  return found && dirname(realpathSync(join(found, "initdb")));
}

/** Makes a cluster in `<folder>/data` and answers its path. Without `passwordFile` everybody on this machine is trusted. */
export function makeCluster(bin: string, folder: string, user: string, passwordFile?: string): string {
  const data = join(folder, "data");
  const as = unprivileged();
  if (as.uid !== undefined && as.gid !== undefined) chownSync(folder, as.uid, as.gid);
  const access = passwordFile === undefined ? ["-A", "trust"] : ["-A", "scram-sha-256", "--pwfile", passwordFile];
  const made = spawnSync(join(bin, "initdb"), ["-D", data, "-U", user, ...access, "-E", "UTF8", "--no-sync"], {
    ...as,
    cwd: folder,
    encoding: "utf8",
  });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  return data;
}

/** True once a server on this port of this machine takes connections. */
export const postgresAnswers = (bin: string, port: number): boolean =>
  spawnSync(join(bin, "pg_isready"), ["-h", "127.0.0.1", "-p", String(port)]).status === 0;

/** A Postgres server of its own with nothing in it; undefined where none is installed. It refuses root, so it runs as another user. */
export async function startPostgres(): Promise<PostgresServer | undefined> {
  const bin = postgresPrograms();
  if (bin === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "haqei-postgres-"));
  const data = makeCluster(bin, folder, "haqei");
  const port = await freePort();
  const args = ["-D", data, "-h", "127.0.0.1", "-p", String(port), "-k", folder, "-F"];
  const server: ChildProcess = spawn(join(bin, "postgres"), args, { ...unprivileged(), cwd: folder, stdio: "ignore" });
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    // Fast shutdown: connections are closed.
    if (server.exitCode === null && server.kill("SIGINT")) await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 100; tries++) {
    if (postgresAnswers(bin, port)) return { url: `postgres://haqei@127.0.0.1:${port}/postgres`, stop };
    await pause(100);
  }
  await stop();
  throw new Error("Postgres did not come up within ten seconds");
}

/** As whom Postgres runs where we are root, whom it refuses. */
export function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ["-u", "-g"].map((flag) => Number(spawnSync("id", [flag, "nobody"], { encoding: "utf8" }).stdout));
  if (uid === undefined || gid === undefined || Number.isNaN(uid)) throw new Error("there is no user nobody");
  return { uid, gid };
}
