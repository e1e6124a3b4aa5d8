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

/** A Postgres server of its own with nothing in it; undefined where none is installed. It refuses root, so it runs as another user. */
export async function startPostgres(): Promise<PostgresServer | undefined> {
  const found = FOLDERS.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
  if (found === undefined) return undefined;
  // Where these two are links, the rest lies where they point.
  const bin = dirname(realpathSync(join(found, "initdb")));
  const folder = mkdtempSync(join(tmpdir(), "haqei-postgres-"));
  const as = userFor(folder);
  const data = join(folder, "data");
  const made = spawnSync(join(bin, "initdb"), ["-D", data, "-U", "haqei", "-A", "trust", "-E", "UTF8", "--no-sync"], {
    ...as,
    cwd: folder,
    encoding: "utf8",
  });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const port = await freePort();
  const args = ["-D", data, "-h", "127.0.0.1", "-p", String(port), "-k", folder, "-F"];
  const server: ChildProcess = spawn(join(bin, "postgres"), args, { ...as, cwd: folder, stdio: "ignore" });
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    // Fast shutdown: connections are closed.
    if (server.exitCode === null && server.kill("SIGINT")) await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 100; tries++) {
    const asked = spawnSync(join(bin, "pg_isready"), ["-h", "127.0.0.1", "-p", String(port)]);
    if (asked.status === 0) return { url: `postgres://haqei@127.0.0.1:${port}/postgres`, stop };
    await pause(100);
  }
  await stop();
  throw new Error("Postgres did not come up within ten seconds");
}

function userFor(folder: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ["-u", "-g"].map((flag) => Number(spawnSync("id", [flag, "nobody"], { encoding: "utf8" }).stdout));
  if (uid === undefined || gid === undefined || Number.isNaN(uid)) throw new Error("there is no user nobody");
  chownSync(folder, uid, gid);
  return { uid, gid };
}
