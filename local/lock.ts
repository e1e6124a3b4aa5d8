import { DatabaseSync } from "node:sqlite";
import { ConflictError } from "#contracts/errors.ts";
import type { Home } from "./home.ts";
import { readProcesses } from "./processes.ts";

/**
 * Claims a home for one start. The lock is an exclusive SQLite transaction kept open: the system drops it however its
 * holder dies, so there is no stale lock to judge.
 * @returns what gives it back.
 * @throws ConflictError where another start holds it.
 */
export function lockHome(home: Home): { release(): void } {
  const database = new DatabaseSync(home.lockFile);
  try {
    // A process that was just killed holds its files for a moment more.
    database.exec("PRAGMA busy_timeout = 1000; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    const holder = readProcesses(home)?.supervisor.pid;
    throw new ConflictError(
      `Another start is using ${home.directory}${holder === undefined ? "" : ` (process ${holder})`}.`,
      "End it with `npx haqei stop`, or use another home with --home or HAQEI_HOME.",
      { cause: error },
    );
  }
  return { release: () => database.close() };
}
