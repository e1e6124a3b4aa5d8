import { tableFromIPC } from "apache-arrow";
import { parquetReadObjects } from "hyparquet";
import { beforeAll, describe, expect, it } from "vitest";
import { QueryRecord } from "#contracts/query.ts";
import { EXPORTS } from "./export.ts";
import { queriesOf } from "./queries.ts";
import { hexagramFiles } from "./test-support/hexagram-files.ts";

let queries: QueryRecord[];
beforeAll(() => {
  queries = queriesOf(hexagramFiles()).filter(({ split }) => split === "test");
});

describe("exported queries", () => {
  it("come back from JSON Lines as they were", () => {
    const lines = new TextDecoder().decode(EXPORTS.jsonl(queries)).trimEnd().split("\n");
    expect(lines.map((line) => QueryRecord.parse(JSON.parse(line)))).toEqual(queries);
  });

  it("come back from Arrow and from Parquet, lists as JSON", async () => {
    const parquet = EXPORTS.parquet(queries);
    const rows = await parquetReadObjects({
      file: parquet.buffer.slice(parquet.byteOffset, parquet.byteOffset + parquet.byteLength) as ArrayBuffer,
    });
    const arrow = tableFromIPC(EXPORTS.arrow(queries))
      .toArray()
      .map((row) => row.toJSON() as Record<string, unknown>);
    for (const read of [rows, arrow]) {
      expect(read).toHaveLength(queries.length);
      const first = read[0] as Record<string, unknown>;
      expect({ ...first, acceptable: JSON.parse(String(first.acceptable)) }).toEqual(queries[0]);
    }
  });
});
