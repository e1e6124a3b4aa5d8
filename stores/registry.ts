import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ConflictError } from "#contracts/errors.ts";

/** A value and the count of its changes; 0 where there is none yet. */
export interface Entry<T> {
  value: T | undefined;
  epoch: number;
}

/**
 * Small records by name, changed only by compare-and-set: the event log's cursor and segments, kept stage results, wishes to
 * run a stage again. Several processes may use one registry.
 */
export interface Registry {
  read<T>(name: string): Promise<Entry<T>>;
  /** Writes where the epoch is still `expected`; throws ConflictError otherwise. Answers the new epoch. */
  compareAndSet<T>(name: string, expected: number, value: T): Promise<number>;
  close(): void;
}

/** A registry in an SQLite file of this machine. */
export function sqliteRegistry(path: string): Registry {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path);
  // A second process waits for the lock instead of failing; WAL survives a kill between any two writes.
  database.exec("PRAGMA busy_timeout = 10000; PRAGMA synchronous = NORMAL");
  useWal(database);
  database.exec(
    "CREATE TABLE IF NOT EXISTS entries (name TEXT PRIMARY KEY, epoch INTEGER NOT NULL, value TEXT NOT NULL) STRICT",
  );
  const select = database.prepare("SELECT epoch, value FROM entries WHERE name = ?");
  const insert = database.prepare(
    "INSERT INTO entries (name, epoch, value) VALUES (?, 1, ?) ON CONFLICT (name) DO NOTHING",
  );
  const update = database.prepare("UPDATE entries SET epoch = epoch + 1, value = ? WHERE name = ? AND epoch = ?");
  return {
    async read<T>(name: string): Promise<Entry<T>> {
      const row = select.get(name) as { epoch: number; value: string } | undefined;
      return row ? { value: JSON.parse(row.value) as T, epoch: row.epoch } : { value: undefined, epoch: 0 };
    },
    async compareAndSet(name, expected, value) {
      const text = JSON.stringify(value);
      const { changes } = expected === 0 ? insert.run(name, text) : update.run(text, name, expected);
      if (Number(changes) === 1) return expected + 1;
      throw new ConflictError(
        `${name} is no longer at epoch ${expected}`,
        "Another writer was first: read it again and decide anew.",
      );
    },
    close: () => database.close(),
  };
}

const ATTEMPTS = 200;
const PAUSE_MS = 50;

/** Of two processes that open a new file at once, SQLite refuses one the switch to WAL without waiting: it is tried again. */
function useWal(database: DatabaseSync): void {
  for (let attempt = 1; ; attempt++) {
    try {
      database.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}
