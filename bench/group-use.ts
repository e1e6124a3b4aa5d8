import { readdirSync, readFileSync } from "node:fs";

/** Ticks a second in /proc/<pid>/stat, and bytes of a page, on every Linux that Node runs on. */
const TICKS = 100;
const PAGE_BYTES = 4096;

export interface Use {
  cpuSeconds: number;
  /** In memory just now. */
  bytes: number;
}

/** What the process groups that these processes lead have used so far. Linux only. */
export function useOfGroups(leaders: readonly number[]): Use {
  const groups = new Set(leaders);
  const use: Use = { cpuSeconds: 0, bytes: 0 };
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      // Behind the command, which may hold spaces: 2 group, 11 and 12 user and system time, 21 resident pages.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (!groups.has(Number(fields[2]))) continue;
      use.cpuSeconds += (Number(fields[11]) + Number(fields[12])) / TICKS;
      use.bytes += Number(fields[21]) * PAGE_BYTES;
    } catch {
      // It ended while it was looked at.
    }
  }
  return use;
}
