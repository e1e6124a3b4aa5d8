import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Config } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import { CONFIG_FILE, loadConfig } from "./config.ts";
import { SPECIFICATION } from "./specification.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "haqei-config-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (text: string, name = CONFIG_FILE): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
const load = (env: NodeJS.ProcessEnv = {}, path?: string) => loadConfig(path, { env, cwd: folder });

test("without a file the defaults hold", async () => {
  const { config, file, directory } = await load();
  expect(config).toEqual(Config.parse({}));
  expect(file).toBeUndefined();
  expect(directory).toBe(folder);
});

test("the file is found in a parent folder, with its types", async () => {
  const file = write("export default { seed: 7 as number } satisfies { seed: number };");
  mkdirSync(join(folder, "a/b"), { recursive: true });
  const loaded = await loadConfig(undefined, { env: {}, cwd: join(folder, "a/b") });
  expect(loaded).toMatchObject({ file, directory: folder });
  expect(loaded.config.seed).toBe(7);
  expect([loaded.source(["seed"]), loaded.source(["timezone"])]).toEqual(["file", "default"]);
});

test("the environment overrides single fields, with or without a stage's number", async () => {
  write("export default { daily: { stages: { '03:train': 30, '01:collect': 4 } }, seed: 1 };");
  const loaded = await load({
    "HAQEI__daily__stages__03:train": "12.5",
    HAQEI__daily__stages__compress: "9",
    HAQEI__timezone: "Europe/Berlin",
    HAQEI__store: '{"kind":"s3","endpoint":"http://127.0.0.1:9000","bucket":"b"}',
    HAQEI_HOME: "/not/an/override",
  });
  expect(loaded.config.daily.stages).toMatchObject({
    "01:collect": 4,
    "03:train": 12.5,
    "05:compress": 9,
    "07:distribute": 5,
  });
  expect(loaded.config.timezone).toBe("Europe/Berlin");
  expect(loaded.config.store).toMatchObject({ kind: "s3", bucket: "b" });
  expect(loaded.source(["daily", "stages", "03:train"])).toBe("environment");
  expect(loaded.source(["daily", "stages", "01:collect"])).toBe("file");
  expect(loaded.source(["store", "bucket"])).toBe("environment");
});

test("the digest is of the values in force, wherever they come from", async () => {
  const byEnvironment = (await load({ HAQEI__seed: "5" })).digest;
  const defaults = (await load()).digest;
  write("export default { seed: 5 };");
  expect((await load()).digest).toBe(byEnvironment);
  expect(defaults).not.toBe(byEnvironment);
});

test.each([
  ["export default { sed: 5 };", {}, /sed: is no field/],
  ["export default { training: { epochs: 0 } };", {}, /training\.epochs: .*1.*haqei\.config\.ts/],
  ["export default { seed: 5 };", { HAQEI__training__dropuot: "0.1" }, /training\.dropuot: .*HAQEI__training__dropuot/],
  ["export default { seed: 5 };", { HAQEI__seed: "many" }, /seed: .*number.*HAQEI__seed/],
  ["export const seed = 5;", {}, /exports no config/],
  ["export default {", {}, /cannot be read/],
])("a mistake is named with its place: %s", async (text, env, message) => {
  write(text);
  const failure = await load(env).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(InputError);
  expect((failure as InputError).message).toMatch(message);
});

test("a file that was named must be there", async () => {
  await expect(load({}, "nowhere.ts")).rejects.toThrow(InputError);
});

test("every value of the specification stands in the config under its path", () => {
  const defaults = Config.parse({});
  for (const path of Object.keys(SPECIFICATION)) {
    const value = path
      .split(".")
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], defaults);
    expect(value, path).toBeDefined();
  }
});
