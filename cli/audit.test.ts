import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { homeIn, prepareHome } from "#local/home.ts";
import { sqliteRegistry } from "#stores/registry.ts";
import * as audit from "./commands/audit.ts";
import { main } from "./main.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "haqei-cli-"));
  writeFileSync(join(folder, "haqei.config.ts"), "export default {};");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const call = async (...args: string[]): Promise<{ exit: number; out: string }> => {
  let out = "";
  const streams = {
    out: (text: string) => {
      out += text;
    },
    err: () => undefined,
    isTerminal: false,
  };
  const options = ["--config", join(folder, "haqei.config.ts"), "--home", join(folder, "home"), "--json"];
  return { exit: await main([...args, ...options], streams), out };
};

describe("what a person does", () => {
  test("is written down with who, what and what came of it, failures too; looking is not", async () => {
    const home = prepareHome(homeIn(join(folder, "home")));
    const registry = sqliteRegistry(home.registryFile);
    await registry.compareAndSet("a", 0, 1);
    registry.close();
    expect((await call("backup", join(folder, "kept"))).exit).toBe(0);
    expect((await call("backup", join(folder, "kept"))).exit).toBe(2);
    expect((await call("status")).exit).toBe(0);
    const { exit, out } = await call("audit");
    expect(exit).toBe(0);
    const { entries, ok } = audit.Output.parse(JSON.parse(out));
    expect(ok).toBe(true);
    expect(entries.map(({ action, person, status }) => [action, person, status])).toEqual([
      ["backup", userInfo().username, 0],
      ["backup", userInfo().username, 2],
    ]);
    expect(entries[0]?.detail.arguments).toBe(join(folder, "kept"));
  });

  test("begins no registry where there is none", async () => {
    expect((await call("backup", join(folder, "kept"))).exit).toBe(2);
    expect(existsSync(homeIn(join(folder, "home")).registryFile)).toBe(false);
  });
});
