import { execFile } from "node:child_process";
import { existsSync, mkdirSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Home, readEndpoints, sharedCache } from "./home.ts";
import { isFree, portOf } from "./ports.ts";
import { isAlive, readProcesses } from "./processes.ts";
import { DEV_SERVER } from "./temporal-binary.ts";

const run = promisify(execFile);

export type Check = {
  name: string;
  ok: boolean;
  detail: string;
  /** True where it is only nice to have: not ok is no fault then. */
  optional: boolean;
  /** The mend; empty where nothing is wrong. */
  hint: string;
};

type Finding = { ok: boolean; detail: string; hint: string; optional?: boolean };

/** Room for the Temporal server (160 MB), artefacts and logs. */
const WANTED_DISK_BYTES = 2e9;

/** Looks at everything that a start in this home needs. Changes nothing but creating the home's folder. */
export async function examine(home: Home): Promise<Check[]> {
  const checks: Record<string, () => Finding | Promise<Finding>> = {
    node: nodeVersion,
    disk: () => disk(home),
    "temporal binary": temporalBinary,
    python: python,
    chromium: chromium,
    home: () => homeState(home),
    ports: () => ports(home),
    processes: () => processes(home),
  };
  return Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      const { ok, detail, hint, optional = false } = await check();
      return { name, ok, detail, optional, hint: ok ? "" : hint };
    }),
  );
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return {
    ok: major > 22 || (major === 22 && minor >= 18),
    detail: `${process.version} (${process.platform}-${process.arch})`,
    hint: "Run `npm ci`, which brings Node 22 along, and start with `npx haqei` or `npm start`.",
  };
}

function disk(home: Home): Finding {
  try {
    mkdirSync(home.directory, { recursive: true });
    const { bavail, bsize } = statfsSync(home.directory);
    return {
      ok: bavail * bsize >= WANTED_DISK_BYTES,
      detail: `${((bavail * bsize) / 1e9).toFixed(1)} GB free in ${home.directory}`,
      hint: `${WANTED_DISK_BYTES / 1e9} GB are wanted: make room, or choose another home with HAQEI_HOME.`,
    };
  } catch (error) {
    return { ok: false, detail: (error as Error).message, hint: "Choose a home that can be written, with HAQEI_HOME." };
  }
}

async function temporalBinary(): Promise<Finding> {
  const { name, version, variable } = DEV_SERVER;
  const own = process.env[variable];
  const file = own || join(sharedCache(), `${name}-${version}`, name);
  if (!own && !existsSync(file))
    return {
      ok: false,
      optional: true,
      detail: "not downloaded yet",
      hint: `The next start downloads it (or set ${variable}).`,
    };
  const said = await firstLineOf(file, ["--version"]);
  return {
    ok: said !== undefined,
    detail: said ?? `${file} does not run`,
    hint: own ? `Correct ${variable}, or unset it.` : `Delete ${dirname(file)}: the next start downloads it again.`,
  };
}

async function python(): Promise<Finding> {
  const said = await firstLineOf("python3", ["-m", "pip", "--version"]);
  return {
    ok: said !== undefined,
    optional: true,
    detail: said?.replace(/ from .*/, "") ?? "no python3 with pip",
    hint: `Needed only where Temporal's own download cannot be reached and ${DEV_SERVER.variable} is not set.`,
  };
}

async function chromium(): Promise<Finding> {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    const said = await firstLineOf(name, ["--version"]);
    if (said !== undefined) return { ok: true, optional: true, detail: said.trim(), hint: "" };
  }
  return {
    ok: false,
    optional: true,
    detail: "none found",
    hint: "Needed only for the tests that look at pages: install chromium.",
  };
}

function homeState(home: Home): Finding {
  if (!existsSync(home.endpointsFile))
    return { ok: true, detail: `${home.directory}: nothing was started yet`, hint: "" };
  try {
    readEndpoints(home);
    return { ok: true, detail: home.directory, hint: "" };
  } catch (error) {
    return { ok: false, detail: (error as Error).message, hint: `Delete ${home.endpointsFile} and start again.` };
  }
}

/** Ports of the last start: taken by strangers they only change, which breaks links seen earlier. */
async function ports(home: Home): Promise<Finding> {
  const running = readProcesses(home)?.children.some(isAlive) === true;
  if (running || !existsSync(home.endpointsFile)) return { ok: true, detail: "chosen free at each start", hint: "" };
  let wanted: number[];
  try {
    const { temporal, edge } = readEndpoints(home);
    wanted = [temporal.address, temporal.ui, edge.url].flatMap((address) => portOf(address) ?? []);
  } catch {
    return { ok: true, detail: "chosen free at the next start", hint: "" };
  }
  const taken: number[] = [];
  for (const port of wanted) if (!(await isFree(port))) taken.push(port);
  return {
    ok: taken.length === 0,
    optional: true,
    detail: taken.length === 0 ? `${wanted.join(", ")} are free` : `${taken.join(", ")} are taken by other programs`,
    hint: "The next start takes others: links to the earlier ones stop working.",
  };
}

function processes(home: Home): Finding {
  const record = readProcesses(home);
  const alive = record?.children.filter(isAlive).map(({ name }) => name) ?? [];
  if (record !== undefined && isAlive(record.supervisor))
    return { ok: true, detail: `a start runs (process ${record.supervisor.pid}): ${alive.join(", ")}`, hint: "" };
  return {
    ok: alive.length === 0,
    detail: alive.length === 0 ? "none left over" : `left by a start that was killed: ${alive.join(", ")}`,
    hint: "`npx haqei stop` ends them; so does the next start.",
  };
}

/** First line that a program prints; undefined where it cannot be run. */
async function firstLineOf(file: string, args: readonly string[]): Promise<string | undefined> {
  try {
    return (await run(file, [...args], { timeout: 10_000 })).stdout.split("\n")[0];
  } catch {
    return undefined;
  }
}
