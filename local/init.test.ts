import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ConflictError } from "#contracts/errors.ts";
import { readAuthored } from "#datasets/authored.ts";
import { normalise } from "#model/normalise.ts";
import { loadConfig } from "./config.ts";
import { writeExample } from "./init.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "haqei-init-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("what is written is a config and a data set that the readers accept", async () => {
  const files = await writeExample(join(folder, "help-desk"));
  expect(files).toEqual(["data/dev.tsv", "data/live.tsv", "data/test.tsv", "data/train.tsv", "haqei.config.ts"]);
  const { config, directory } = await loadConfig(join(folder, "help-desk", "haqei.config.ts"));
  const { examples, classes } = await readAuthored(join(directory, config.dataset));
  expect(classes).toHaveLength(12);
  const counts = Object.groupBy(examples, ({ split }) => split);
  expect(counts.train?.length).toBeGreaterThanOrEqual(config.preprocess.minimumExamples);
  // Fewer pairs decide nothing about a second model.
  expect(counts.test?.length).toBeGreaterThanOrEqual(100);
  expect(new Set(counts.live?.map(({ label }) => label)).size).toBe(12);
  // No text stands twice, in whichever split.
  expect(new Set(examples.map(({ text }) => normalise(text))).size).toBe(examples.length);
});

test("the config explains itself and leans on nothing that an empty folder lacks", async () => {
  await writeExample(folder);
  const text = await readFile(join(folder, "haqei.config.ts"), "utf8");
  expect(text).not.toMatch(/\bimport\b/);
  expect(text.match(/^\s*\/\//gm)?.length).toBeGreaterThan(5);
});

test("nothing is written over", async () => {
  writeFileSync(join(folder, "haqei.config.ts"), "export default {};");
  await expect(writeExample(folder)).rejects.toThrow(ConflictError);
  expect(existsSync(join(folder, "data"))).toBe(false);
});
