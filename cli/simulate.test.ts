import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as init from "./commands/init.ts";
import * as simulate from "./commands/simulate.ts";
import { main } from "./main.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "haqei-desk-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function call(...args: string[]): Promise<{ exit: number; out: string }> {
  let out = "";
  const streams = {
    out: (text: string) => {
      out += text;
    },
    err: () => undefined,
    isTerminal: false,
  };
  return { exit: await main(args, streams), out };
}

test("init and simulate answer in their schemas", { timeout: 60_000 }, async () => {
  const begun = await call("init", folder, "--json");
  expect(begun.exit).toBe(0);
  expect(init.Output.parse(JSON.parse(begun.out)).files).toContain(join(folder, "haqei.config.ts"));
  expect((await call("init", folder, "--json")).exit).toBe(1);

  const desk = ["--config", join(folder, "haqei.config.ts"), "--home", join(folder, "home")];
  const lived = await call("simulate", "--days", "2", "--queries", "200", "--users", "50", ...desk, "--json");
  expect(lived.exit).toBe(0);
  const output = simulate.Output.parse(JSON.parse(lived.out));
  expect(output.days.map(({ date }) => date)).toEqual(["2026-01-01", "2026-01-02"]);
  expect(output).toMatchObject({ control: null, seed: 12 });
  const shown = await call("simulate", "--days", "1", "--queries", "100", "--control", "frozen", ...desk);
  expect(shown.out).toContain("hold: frozen");
  expect(shown.out).toContain("month3");
  expect((await call("simulate", "--days", "1", "--control", "lazy", ...desk)).exit).toBe(2);
  expect((await call("simulate", "--days", "1", "--exploration", "2", ...desk)).exit).toBe(2);
});
