import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HaqeiError, InputError } from "#contracts/errors.ts";
import type { Progress } from "../progress.ts";
import { type Arena, openArena } from "./arena.ts";
import { FAULTS, type Fault } from "./faults.ts";
import type { Proof } from "./proof.ts";

/** A fault's row (cli.md `faults[]`): `lost` counts acknowledged events that were not there afterwards. */
export interface FaultReport {
  name: string;
  promised: string;
  ok: boolean;
  lost: number;
  seconds: number;
  detail: string;
}

export interface ChaosReport {
  faults: FaultReport[];
  /** Faults that this machine cannot have, with the reason. */
  skipped: { name: string; reason: string }[];
}

/** Large enough for a home and small enough to be filled in a moment. */
const SMALL_DISK = "700m";

/** The faults of these names, in their own order. @throws InputError where there is none of a name */
export function faultsNamed(names: readonly string[]): Fault[] {
  const known = FAULTS.map(({ name }) => name);
  const unknown = names.find((name) => name !== "all" && !known.includes(name));
  if (unknown !== undefined)
    throw new InputError(`there is no fault "${unknown}"`, `There are ${known.join(", ")}, and all.`);
  return names.includes("all") ? [...FAULTS] : FAULTS.filter(({ name }) => names.includes(name));
}

/**
 * Starts systems of their own in temporary homes, injects one fault after another, and holds each to what is promised. A fault after which
 * something was wrong leaves no arena to the next.
 * @throws HaqeiError where `signal` ends it early; what it had started is ended
 */
export async function causeChaos(
  faults: readonly Fault[],
  { dataset, log, signal }: { dataset: string; log: Progress; signal?: AbortSignal },
): Promise<ChaosReport> {
  const report: ChaosReport = { faults: [], skipped: [] };
  const root = await mkdtemp(join(tmpdir(), "haqei-chaos-"));
  let open: { arena: Arena; release: Fault["release"]; end: () => Promise<void> } | undefined;
  let count = 0;
  const interrupted = new Promise<never>((_resolve, reject) => {
    const stop = (): void =>
      reject(new HaqeiError("The chaos was interrupted; what it had started is ended.", "Begin again."));
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
  });
  // It is listened to while a fault is waited for.
  interrupted.catch(() => undefined);
  try {
    for (const fault of faults) {
      if (open !== undefined && (open.release !== fault.release || fault.smallDisk)) {
        await open.end();
        open = undefined;
      }
      const disk = fault.smallDisk ? await smallDisk(join(root, `disk-${count}`)) : undefined;
      if (disk !== undefined && "reason" in disk) {
        report.skipped.push({ name: fault.name, reason: disk.reason });
        continue;
      }
      count += 1;
      const quiet = (line: string): void => log(`  ${line}`);
      log(`${fault.name}: ${fault.promised}`);
      if (open === undefined) {
        const folder = disk?.folder ?? join(root, `arena-${count}`);
        const { release } = fault;
        const arena = await openArena({ dataset, folder, release, cache: join(root, "cache"), log: quiet });
        let ending: Promise<void> | undefined;
        const end = async (): Promise<void> => {
          await arena.close();
          disk?.end();
        };
        open = {
          arena,
          release,
          end: () => {
            ending ??= end();
            return ending;
          },
        };
      }
      const row = await Promise.race([reportOf(fault, open.arena), interrupted]);
      report.faults.push(row);
      log(`${fault.name}: ${row.ok ? "held" : "NOT HELD"}, ${row.lost} lost, ${row.seconds} s (${row.detail})`);
      if (!row.ok || fault.smallDisk) {
        await open.end();
        open = undefined;
      }
    }
    return report;
  } finally {
    await open?.end();
    await rm(root, { recursive: true, force: true });
  }
}

async function reportOf({ name, promised, inject }: Fault, arena: Arena): Promise<FaultReport> {
  const proof: Proof = await inject(arena).catch((error: Error) => ({
    // Nothing could be shown to be there.
    lost: arena.users.acknowledged(),
    wrong: [`${error.name}: ${error.message}`],
    seconds: 0,
    detail: "",
  }));
  const { lost, wrong, seconds } = proof;
  const detail = [...wrong, proof.detail].filter(Boolean).join("; ");
  return { name, promised, ok: lost === 0 && wrong.length === 0, lost, seconds: Number(seconds.toFixed(1)), detail };
}

/** A disk in memory, where this machine lets us have one. */
async function smallDisk(folder: string): Promise<{ folder: string; end: () => void } | { reason: string }> {
  await mkdir(folder, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SMALL_DISK}`, "tmpfs", folder], { stdio: "pipe" });
  } catch {
    return { reason: "a small disk can be mounted by root on Linux only" };
  }
  return { folder, end: () => void execFileSync("umount", ["-l", folder]) };
}
