import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const MODULE = fileURLToPath(new URL("shifted-clock.ts", import.meta.url));
const YEAR_MS = 365 * 86_400_000;

it("moves every way of asking for now, and no date that is given", () => {
  const folder = mkdtempSync(join(tmpdir(), "haqei-clock-"));
  const file = join(folder, "clock");
  writeFileSync(file, String(YEAR_MS));
  const script = "console.log(JSON.stringify([Date.now(), +new Date(), +new Date(5), new Date() instanceof Date]))";
  const said = execFileSync(process.execPath, ["--import", MODULE, "-e", script], {
    env: { ...process.env, HAQEI_CHAOS_CLOCK: file },
    encoding: "utf8",
  });
  const [now, fresh, given, isDate] = JSON.parse(said) as [number, number, number, boolean];
  rmSync(folder, { recursive: true });
  for (const time of [now, fresh]) expect(Math.abs(time - Date.now() - YEAR_MS)).toBeLessThan(YEAR_MS / 2);
  expect(given).toBe(5);
  expect(isDate).toBe(true);
});
