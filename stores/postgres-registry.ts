import { Pool } from "pg";
import { ConflictError, NotReachableError } from "#contracts/errors.ts";
import type { Entry, Registry } from "./registry.ts";

/** More than this many at once wait for one another: a worker has eight activities and asks seldom. */
const CONNECTIONS = 8;
const PATIENCE_MS = 10_000;
/** Two that make the table at the same moment: one of them meets the other's entry in the catalogue. */
const MADE_BY_ANOTHER = new Set(["23505", "42P07"]);

/**
 * A registry in a table of a Postgres database: for workers on several hosts. It connects when it is first asked.
 * @throws NotReachableError where the database does not answer
 */
export function postgresRegistry(url: string): Registry {
  const pool = new Pool({ connectionString: url, max: CONNECTIONS, connectionTimeoutMillis: PATIENCE_MS });
  // A connection that breaks while nobody uses it is replaced; without a listener it would end the process.
  pool.on("error", () => undefined);
  let made: Promise<void> | undefined;

  const make = async (): Promise<void> => {
    try {
      await pool.query(
        "CREATE TABLE IF NOT EXISTS haqei_registry (name TEXT PRIMARY KEY, epoch BIGINT NOT NULL, value JSONB NOT NULL)",
      );
    } catch (error) {
      if (!MADE_BY_ANOTHER.has((error as { code?: string }).code ?? "")) throw error;
    }
  };

  async function query<Row>(text: string, values: readonly unknown[]): Promise<Row[]> {
    try {
      made ??= make().catch((error: unknown) => {
        made = undefined;
        throw error;
      });
      await made;
      return (await pool.query(text, [...values])).rows as Row[];
    } catch (cause) {
      throw new NotReachableError(
        `the registry's database does not answer: ${(cause as Error).message}`,
        "See that Postgres runs and that its address, user and password are right.",
        { cause },
      );
    }
  }

  return {
    async read<T>(name: string): Promise<Entry<T>> {
      const [row] = await query<{ epoch: string; value: T }>(
        "SELECT epoch, value FROM haqei_registry WHERE name = $1",
        [name],
      );
      return row ? { value: row.value, epoch: Number(row.epoch) } : { value: undefined, epoch: 0 };
    },
    async compareAndSet(name, expected, value) {
      const text = JSON.stringify(value);
      const changed =
        expected === 0
          ? await query(
              "INSERT INTO haqei_registry (name, epoch, value) VALUES ($1, 1, $2::jsonb) ON CONFLICT (name) DO NOTHING RETURNING epoch",
              [name, text],
            )
          : await query(
              "UPDATE haqei_registry SET epoch = epoch + 1, value = $2::jsonb WHERE name = $1 AND epoch = $3 RETURNING epoch",
              [name, text, expected],
            );
      if (changed.length === 1) return expected + 1;
      throw new ConflictError(
        `${name} is no longer at epoch ${expected}`,
        "Another writer was first: read it again and decide anew.",
      );
    },
    close: () => void pool.end(),
  };
}
