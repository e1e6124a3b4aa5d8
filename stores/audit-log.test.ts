import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { appendAudit, readAudit } from "./audit-log.ts";
import { type Registry, sqliteRegistry } from "./registry.ts";

let folder: string;
let file: string;
let registry: Registry;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "haqei-audit-"));
  file = join(folder, "registry.db");
  registry = sqliteRegistry(file);
});
afterEach(() => {
  registry.close();
  rmSync(folder, { recursive: true });
});

const done = (action: string) => ({ at: 1, person: "mika", action, detail: { reason: "why" }, status: 0 });
/** Behind the registry's back, as somebody would who wants to hide something. */
const meddle = (sql: string): void => {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
};

describe("the audit log", () => {
  it("keeps what was done in order, by several at once", async () => {
    const other = sqliteRegistry(file);
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => appendAudit(index % 2 === 0 ? registry : other, done(`run ${index}`))),
    );
    other.close();
    const { entries, faults } = await readAudit(registry, 100);
    expect(faults).toEqual([]);
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect((await readAudit(registry, 3)).entries.map(({ seq }) => seq)).toEqual([18, 19, 20]);
  });

  it("holds nothing before anything was done", async () => {
    expect(await readAudit(registry, 10)).toEqual({ entries: [], faults: [] });
  });

  it.each([
    [
      "a changed entry",
      `UPDATE entries SET value = replace(value, 'mika', 'nobody') WHERE name = 'audit/2'`,
      /entry 2 was changed/,
    ],
    ["an entry taken out", `DELETE FROM entries WHERE name = 'audit/2'`, /entry 2 is missing/],
    [
      "an entry put in another's place",
      `UPDATE entries SET value = (SELECT value FROM entries WHERE name = 'audit/1') WHERE name = 'audit/2'`,
      /entry 2 was changed/,
    ],
    [
      "the end cut off",
      `DELETE FROM entries WHERE name = 'audit/3'; UPDATE entries SET value = replace(value, '"seq":3', '"seq":2') WHERE name = 'audit'`,
      /not the one that was written last/,
    ],
  ])("shows %s", async (_what, sql, fault) => {
    for (const action of ["run", "release promote", "recover"]) await appendAudit(registry, done(action));
    meddle(sql);
    expect((await readAudit(registry, 10)).faults.join("; ")).toMatch(fault);
  });
});
