import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DAGS } from "#workflows/kinds.ts";
import { codeDigests, digestOfBundle } from "./code-digests.ts";

describe("the stages' code", () => {
  test("has a digest a stage, the same twice, none like another's", async () => {
    const [digests, again] = [await codeDigests(), await codeDigests()];
    expect(Object.keys(digests).sort()).toEqual(
      [...new Set(Object.values(DAGS).flatMap(({ stages }) => stages.map(({ activity }) => activity)))].sort(),
    );
    for (const digest of Object.values(digests)) expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(Object.values(digests)).size).toBe(11);
    expect(again).toEqual(digests);
  });
});

const ENTRY = `
import { peer } from "peer";
import { readFile } from "node:fs/promises";
import "@scope/other/deep";
import { twice } from "#lib/twice.ts";
import type { Shape } from "./shape.ts";

export const done = (shape: Shape): unknown => [twice(shape.size), peer, readFile];
`;
const TWICE = "export const twice = (n: number): number => n * 2;\nexport const unused = 1;\n";

describe("digestOfBundle", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "haqei-code-"));
    await write({
      "package.json": '{ "type": "module", "imports": { "#lib/*": "./lib/*" } }',
      "node_modules/peer/package.json": '{ "name": "peer", "version": "1.0.0", "main": "index.js" }',
      "node_modules/peer/index.js": "export const peer = 1;",
      "node_modules/@scope/other/package.json": '{ "name": "@scope/other", "version": "1.0.0" }',
      "work/entry.ts": ENTRY,
      "work/shape.ts": "export interface Shape {\n  size: number;\n}\n",
      "lib/twice.ts": TWICE,
    });
  });
  afterEach(() => rm(root, { recursive: true }));

  async function write(files: Record<string, string>, folder = root): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
  }
  const digest = (): Promise<string> => digestOfBundle(root, ["work/entry.ts"]);

  test.each<[string, Record<string, string>]>([
    ["nothing", {}],
    [
      "a comment",
      {
        "lib/twice.ts":
          "/** Twice. */\n// and more\nexport const twice = (n: number): number => n * 2; // so\nexport const unused = 1;\n",
      },
    ],
    [
      "a licence's comment",
      {
        "lib/twice.ts":
          "/*! @license MIT */\nexport const twice = (n: number): number => n * 2;\nexport const unused = 1;\n",
      },
    ],
    [
      "white space",
      { "lib/twice.ts": "export const twice = (\n  n: number,\n): number =>\n  n * 2;\nexport const unused = 1;\n" },
    ],
    ["a type", { "work/shape.ts": "export interface Shape {\n  size: number;\n  name?: string;\n}\n" }],
    ["a file's name", { "lib/double.ts": TWICE, "work/entry.ts": ENTRY.replace("#lib/twice.ts", "#lib/double.ts") }],
    ["a file that is not imported", { "work/elsewhere.ts": "export const elsewhere = 1;\n" }],
    ["the inside of a package of the same version", { "node_modules/peer/index.js": "export const peer = 2;" }],
  ])("stays when %s changes", async (_what, change) => {
    const before = await digest();
    await write(change);
    expect(await digest()).toBe(before);
  });

  test.each<[string, Record<string, string>]>([
    ["what is imported by a room's name", { "lib/twice.ts": "export const twice = (n: number): number => n * 3;\n" }],
    ["the entry", { "work/entry.ts": 'import { twice } from "#lib/twice.ts";\nexport const done = twice;\n' }],
    ["a package's version", { "node_modules/peer/package.json": '{ "name": "peer", "version": "1.0.1" }' }],
    [
      "a scoped package's version, imported by a path in it",
      { "node_modules/@scope/other/package.json": '{ "name": "@scope/other", "version": "2.0.0" }' },
    ],
  ])("differs when %s changes", async (_what, change) => {
    const before = await digest();
    await write(change);
    expect(await digest()).not.toBe(before);
  });

  test("differs when a package that it can do without is there", async () => {
    await write({ "work/entry.ts": 'export const load = () => import("perhaps");\n' });
    const before = await digest();
    await write({ "node_modules/perhaps/package.json": '{ "name": "perhaps", "version": "1.0.0" }' });
    expect(await digest()).not.toBe(before);
  });

  test("does not hang on where the project lies", async () => {
    const elsewhere = join(root, "another", "place");
    const entry = { "work/entry.ts": "export const one = 1;\n" };
    await write(entry);
    await write(entry, elsewhere);
    expect(await digestOfBundle(elsewhere, ["work/entry.ts"])).toBe(await digest());
  });

  test("counts every entry", async () => {
    await write({ "work/thread.ts": "export const thread = 1;\n" });
    expect(await digestOfBundle(root, ["work/entry.ts", "work/thread.ts"])).not.toBe(await digest());
  });
});
