import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InputError, NotFoundError } from "#contracts/errors.ts";
import { sqliteRegistry } from "#stores/registry.ts";
import { backUp, restore } from "./backup.ts";
import { type Home, homeIn, prepareHome } from "./home.ts";

let root: string;
let home: Home;
let backup: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "haqei-backup-"));
  home = prepareHome(homeIn(join(root, "home")));
  backup = join(root, "kept", "monday");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const put = (path: string, text: string): void => {
  mkdirSync(dirname(join(home.directory, path)), { recursive: true });
  writeFileSync(join(home.directory, path), text);
};
const restored = (): Home => homeIn(join(root, "restored"));

describe("a backup", () => {
  it("brings back registry, artefacts, edge and secrets, and leaves logs and scratch files", async () => {
    const registry = sqliteRegistry(home.registryFile);
    await registry.compareAndSet("cursor", 0, { at: 7 });
    put("artefacts/ab/abcd", "bytes");
    put("edge/r2/blobs/1", "object");
    put("edge/r2/half.partial", "half");
    put("secrets/admin", "secret");
    put("logs/edge.log", "log");
    // Still open and, by WAL, partly in a file beside it.
    const made = await backUp(home, backup);
    registry.close();
    expect(made.files).toBe(4);
    expect(statSync(backup).mode & 0o077).toBe(0);

    expect(await restore(restored(), backup)).toMatchObject({ files: 4, bytes: made.bytes, digest: made.digest });
    const again = sqliteRegistry(restored().registryFile);
    expect(await again.read("cursor")).toEqual({ value: { at: 7 }, epoch: 1 });
    again.close();
    const text = (path: string) => readFileSync(join(restored().directory, path), "utf8");
    expect([text("artefacts/ab/abcd"), text("edge/r2/blobs/1"), text("secrets/admin")]).toEqual([
      "bytes",
      "object",
      "secret",
    ]);
    expect(existsSync(join(restored().directory, "logs"))).toBe(false);
  });

  it("of a database that is written to all the while is one consistent state of it", async () => {
    const file = join(home.directory, "edge", "d1", "log.sqlite");
    mkdirSync(dirname(file), { recursive: true });
    const writer = new DatabaseSync(file);
    writer.exec("PRAGMA journal_mode = WAL; CREATE TABLE pair (a INTEGER, b TEXT); INSERT INTO pair VALUES (0, '')");
    writer.exec("CREATE TABLE filler (text TEXT)");
    const fill = writer.prepare("INSERT INTO filler VALUES (?)");
    writer.exec("BEGIN");
    for (let row = 0; row < 2000; row++) fill.run("x".repeat(1000));
    writer.exec("COMMIT; PRAGMA synchronous = OFF");
    let count = 0;
    // Both columns change in one transaction; a torn copy would have them apart.
    const timer = setInterval(() => {
      for (let step = 0; step < 20; step++) {
        count += 1;
        writer.exec(`BEGIN; UPDATE pair SET a = ${count}; UPDATE pair SET b = '${count}'; COMMIT`);
      }
    }, 0);
    await backUp(home, backup);
    clearInterval(timer);
    writer.close();
    await restore(restored(), backup);
    const reader = new DatabaseSync(join(restored().directory, "edge", "d1", "log.sqlite"));
    expect(reader.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    const { a, b } = reader.prepare("SELECT a, b FROM pair").get() as { a: number; b: string };
    reader.close();
    expect(String(a)).toBe(b || "0");
    expect(count).toBeGreaterThan(0);
  });

  it("leaves secrets out where asked", async () => {
    put("secrets/admin", "secret");
    put("artefacts/a", "bytes");
    await backUp(home, backup, { secrets: false });
    expect(readdirSync(backup).sort()).toEqual(["artefacts", "backup.json"]);
  });

  it("does not write over what is there, and makes none of nothing", async () => {
    await expect(backUp(home, backup)).rejects.toThrow(NotFoundError);
    put("artefacts/a", "bytes");
    await backUp(home, backup);
    await expect(backUp(home, backup)).rejects.toThrow(InputError);
  });
});

describe("restoring", () => {
  beforeEach(async () => {
    put("artefacts/a", "bytes");
    put("artefacts/b", "more");
    await backUp(home, backup);
  });

  it("refuses a home that holds something, and leaves it as it is", async () => {
    await expect(restore(home, backup)).rejects.toThrow(InputError);
    expect(readFileSync(join(home.directory, "artefacts/a"), "utf8")).toBe("bytes");
  });

  it.each([
    ["a changed file", () => writeFileSync(join(backup, "artefacts/a"), "bytez")],
    ["a longer file", () => appendFileSync(join(backup, "artefacts/b"), "!")],
    ["a missing file", () => rmSync(join(backup, "artefacts/b"))],
    ["a cut list", () => writeFileSync(join(backup, "backup.json"), '{"schema":1,')],
    [
      "a list that leads elsewhere",
      () =>
        writeFileSync(
          join(backup, "backup.json"),
          JSON.stringify({ schema: 1, at: 0, files: [{ path: "../../evil", bytes: 1, sha256: "x" }] }),
        ),
    ],
  ])("refuses %s by name, and restores nothing", async (_what, damage) => {
    damage();
    await expect(restore(restored(), backup)).rejects.toThrow(/damaged at/);
    expect(existsSync(restored().directory)).toBe(false);
    expect(readdirSync(root).filter((name) => name.includes("partial"))).toEqual([]);
  });

  it("says that a folder is no backup", async () => {
    await expect(restore(restored(), root)).rejects.toThrow(NotFoundError);
  });
});
