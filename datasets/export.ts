import { Bool, Int32, Table, tableToIPC, Utf8, vectorFromArray } from "apache-arrow";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { QueryRecord } from "#contracts/query.ts";

/** Query records, an object a line. */
const jsonl = (queries: readonly QueryRecord[]): Uint8Array =>
  new TextEncoder().encode(queries.map((query) => `${JSON.stringify(query)}\n`).join(""));

/** A record's fields as columns: text, whole numbers and truth; lists as JSON, which every reader has. */
const COLUMNS = [
  ["id", "text"],
  ["lineId", "number"],
  ["text", "text"],
  ["acceptable", "json"],
  ["lang", "text"],
  ["family", "text"],
  ["domain", "text"],
  ["register", "text"],
  ["lengthBand", "text"],
  ["negation", "truth"],
  ["author", "text"],
  ["split", "text"],
] as const satisfies readonly (readonly [keyof QueryRecord, "text" | "number" | "json" | "truth"])[];

const column = (queries: readonly QueryRecord[], name: keyof QueryRecord, kind: string): unknown[] =>
  queries.map((query) => (kind === "json" ? JSON.stringify(query[name]) : query[name]));

function arrow(queries: readonly QueryRecord[]): Uint8Array {
  const columns = COLUMNS.map(([name, kind]) => {
    const values = column(queries, name, kind);
    if (kind === "number") return [name, vectorFromArray(values as number[], new Int32())];
    if (kind === "truth") return [name, vectorFromArray(values as boolean[], new Bool())];
    return [name, vectorFromArray(values as string[], new Utf8())];
  });
  return tableToIPC(new Table(Object.fromEntries(columns)), "file");
}

const PARQUET = { text: "STRING", json: "STRING", number: "INT32", truth: "BOOLEAN" } as const;

const parquet = (queries: readonly QueryRecord[]): Uint8Array =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: COLUMNS.map(([name, kind]) => ({
        name,
        data: column(queries, name, kind) as string[],
        type: PARQUET[kind],
      })),
    }),
  );

/** How query records are written, by the name of the format. */
export const EXPORTS = { jsonl, arrow, parquet } as const;
export type ExportFormat = keyof typeof EXPORTS;
