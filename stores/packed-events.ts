import { gunzipSync, gzipSync } from "node:zlib";
import { Float64, Table, tableFromIPC, tableToIPC, Utf8, vectorFromArray } from "apache-arrow";

/** A raw line of the log, and when it was received (ms since 1970): a broken one is placed with the one before it. */
export interface PlacedLine {
  line: string;
  receivedAt: number;
}

/** Lines as an Arrow file with the columns `receivedAt` and `line`, compressed by gzip. */
export const packLines = (lines: readonly PlacedLine[]): Uint8Array =>
  gzipSync(
    tableToIPC(
      new Table({
        receivedAt: vectorFromArray(
          lines.map(({ receivedAt }) => receivedAt),
          new Float64(),
        ),
        line: vectorFromArray(
          lines.map(({ line }) => line),
          new Utf8(),
        ),
      }),
      "file",
    ),
    { level: 9 },
  );

export function unpackLines(bytes: Uint8Array): PlacedLine[] {
  const table = tableFromIPC(gunzipSync(bytes));
  const [times, lines] = [table.getChild("receivedAt"), table.getChild("line")];
  return Array.from({ length: table.numRows }, (_, row) => ({
    line: String(lines?.get(row)),
    receivedAt: Number(times?.get(row)),
  }));
}
