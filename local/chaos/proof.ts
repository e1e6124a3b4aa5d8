import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { NotReachableError } from "#contracts/errors.ts";
import type { RunReport } from "#contracts/run.ts";
import type { Arena, ProcessName } from "./arena.ts";

/** What a fault came to: what was lost of what had been acknowledged, what else is not as promised, and how long it took to recover. */
export interface Proof {
  lost: number;
  wrong: string[];
  seconds: number;
  detail: string;
}

/** A busy machine is no broken promise: only what never comes is. */
const PATIENCE_SECONDS = 600;

/** Waits until `condition` holds. @throws NotReachableError naming what did not come. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  seconds: number = PATIENCE_SECONDS,
): Promise<number> {
  const begun = performance.now();
  for (;;) {
    if (await condition()) return (performance.now() - begun) / 1000;
    if (performance.now() - begun > seconds * 1000)
      throw new NotReachableError(`${what} did not come within ${seconds} s`, "The home's logs say why.");
    // Where the arena was closed meanwhile, this keeps no process alive.
    await sleep(50, undefined, { ref: false });
  }
}

/** Waits until this stage works, or is past that: true where it was met at work. */
export async function metAtWork(arena: Arena, stage: string): Promise<boolean> {
  let met = false;
  await until(`stage ${stage}`, async () => {
    const status = (await arena.progress())?.stages.find(({ name }) => name === stage)?.status;
    met = status === "running";
    return status !== undefined && status !== "waiting";
  });
  return met;
}

/**
 * Kills a process without warning and waits until another is in its place, the edge answers, and Temporal with its workers can say where
 * the run stands; and, where the process had the stage in hand, until the stage is worked on again. @returns seconds
 */
export async function killAndWait(arena: Arena, name: ProcessName | "workerd", stage?: string): Promise<number> {
  const pid = (): number => (name === "workerd" ? workerdOf(arena) : arena.pidOf(name));
  const killed = pid();
  process.kill(killed, "SIGKILL");
  const again = await until(`${name} after its end`, async () => isAnother(pid, killed) && (await isWell(arena)));
  const inHand = stage !== undefined && name === (stage === "03:train" ? "compute" : "pipeline");
  return again + (inHand ? await until(`${stage} after its end`, () => isWorkedOn(arena, stage)) : 0);
}

/** Whether an attempt after the first is at work on this stage, or it is over. */
async function isWorkedOn(arena: Arena, stage: string): Promise<boolean> {
  const stands = (await arena.progress())?.stages.find(({ name }) => name === stage);
  if (stands === undefined) return false;
  if (stands.status !== "running") return true;
  const pending = (await arena.pending()).find(({ name }) => name === stage);
  return pending === undefined || (pending.attempt > 1 && pending.started);
}

function isAnother(pid: () => number, killed: number): boolean {
  try {
    return pid() !== killed;
  } catch {
    return false;
  }
}

async function isWell(arena: Arena): Promise<boolean> {
  const edge = await arena.edge.pointer().then(
    () => true,
    () => false,
  );
  return edge && (await arena.progress()) !== undefined;
}

/** The runtime that the edge's process started, in the process group that it leads. */
function workerdOf(arena: Arena): number {
  const found = execFileSync("pgrep", ["-g", String(arena.pidOf("edge")), "workerd"], { encoding: "utf8" });
  return Number(found.split("\n")[0]);
}

/** Holds a run that is over to what is always promised: it completed, every acknowledged event was counted once, its model is served. */
export async function proved(arena: Arena, report: RunReport): Promise<Pick<Proof, "lost" | "wrong">> {
  const wrong: string[] = [];
  if (report.status !== "completed") wrong.push(`the run ${report.status}: ${report.error ?? "without an error"}`);
  const counted = Number(report.metrics["collect.events"] ?? 0);
  const acknowledged = arena.users.acknowledged();
  if (counted > acknowledged) wrong.push(`${counted - acknowledged} events counted that were never acknowledged`);
  if (report.status === "completed") {
    const served = async () => (await arena.edge.health().catch(() => undefined))?.model === report.model?.sha256;
    await until("the released model at the edge", served, 120).catch((error: Error) => wrong.push(error.message));
  }
  return { lost: Math.max(0, acknowledged - counted), wrong };
}
