import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { InputError } from "#contracts/errors.ts";
import { type Home, jsonOrUndefined, writeAtomically } from "./home.ts";

/**
 * A process told apart from a later one that was given the same number: `started` is its start time as the system counts it
 * (clock ticks since boot on Linux, `ps -o lstart` elsewhere).
 */
export const ProcessIdentity = z.object({ pid: z.number().int().positive(), started: z.string().min(1) });
export type ProcessIdentity = z.infer<typeof ProcessIdentity>;

/** `processes.json`: the start that is alive or was killed, and its children in the order in which they were started. */
export const ProcessRecord = z.object({
  supervisor: ProcessIdentity,
  /** True from when it ends its children: the home will soon be free. */
  stopping: z.boolean().optional(),
  children: z.array(ProcessIdentity.extend({ name: z.string().min(1), restarts: z.number().int().nonnegative() })),
});
export type ProcessRecord = z.infer<typeof ProcessRecord>;

/** The start time of the process with this number; undefined where there is none, or only its unread exit status. */
export function startTime(pid: number): string | undefined {
  if (process.platform === "linux") {
    const fields = readStat(pid);
    return fields === undefined || fields[0] === "Z" ? undefined : fields[19];
  }
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Fields of `/proc/<pid>/stat` from the third (state) on: the second, the command, may itself hold spaces and brackets. */
function readStat(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** @throws InputError where no such process runs. */
export function identify(pid: number): ProcessIdentity {
  const started = startTime(pid);
  if (started === undefined) throw new InputError(`No process ${pid} runs.`, "It may just have ended.");
  return { pid, started };
}

export const isAlive = ({ pid, started }: ProcessIdentity): boolean => startTime(pid) === started;

/** The record of the last start, if there is a readable one. */
export function readProcesses(home: Home): ProcessRecord | undefined {
  if (!existsSync(home.processesFile)) return undefined;
  return ProcessRecord.safeParse(jsonOrUndefined(readFileSync(home.processesFile, "utf8"))).data;
}

export function writeProcesses(home: Home, record: ProcessRecord): void {
  writeAtomically(home.processesFile, `${JSON.stringify(record, null, 2)}\n`);
}

export const forgetProcesses = (home: Home): void => rmSync(home.processesFile, { force: true });

/**
 * Members of the process group that a child of ours led, such as the runtime that the edge's process started. A member counts
 * only if its environment names this home: a group's number may have been given away since. Linux only; elsewhere none.
 */
function groupMembers(group: number, home: Home): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      const fields = readStat(pid);
      return fields !== undefined && fields[0] !== "Z" && fields[2] === String(group) && environmentNames(pid, home);
    });
}

function environmentNames(pid: number, home: Home): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`HAQEI_HOME=${home.directory}`);
  } catch {
    return false;
  }
}

/** Sends a signal; a process that is gone is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Waits until `condition` holds; false where it does not within `seconds`. */
export async function waitUntil(condition: () => boolean, seconds: number): Promise<boolean> {
  for (const end = Date.now() + seconds * 1000; !condition(); await sleep(20)) if (Date.now() > end) return false;
  return true;
}

/**
 * Ends what an earlier start left when it was killed: recorded children by number and start time, and what they started in
 * their process groups. Never called while that start is alive.
 * @returns names of the children that still ran.
 */
export async function cleanUp(home: Home, options: { graceSeconds?: number } = {}): Promise<string[]> {
  const ended: string[] = [];
  for (const child of (readProcesses(home)?.children ?? []).toReversed()) {
    const left = () => [...new Set([...(isAlive(child) ? [child.pid] : []), ...groupMembers(child.pid, home)])];
    if (left().length === 0) continue;
    ended.push(child.name);
    for (const pid of left()) signal(pid, "SIGTERM");
    if (await waitUntil(() => left().length === 0, options.graceSeconds ?? 5)) continue;
    for (const pid of left()) signal(pid, "SIGKILL");
    await waitUntil(() => left().length === 0, 5);
  }
  forgetProcesses(home);
  return ended;
}

/**
 * `haqei stop`: asks the start that is alive to end everything in order, then ends what is left.
 * @returns names of what ran.
 */
export async function stopHome(home: Home, options: { seconds?: number } = {}): Promise<string[]> {
  const record = readProcesses(home);
  if (record === undefined) return [];
  const running = record.children.filter(isAlive).map((child) => child.name);
  if (isAlive(record.supervisor) && record.supervisor.pid !== process.pid) {
    signal(record.supervisor.pid, "SIGTERM");
    if (!(await waitUntil(() => !isAlive(record.supervisor), options.seconds ?? 45)))
      signal(record.supervisor.pid, "SIGKILL");
    await waitUntil(() => !isAlive(record.supervisor), 5);
  }
  return [...new Set([...running, ...(await cleanUp(home))])];
}
