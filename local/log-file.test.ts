import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openLog } from "./log-file.ts";
import { freePort, isFree, portOf } from "./ports.ts";

test("a log is bounded: the earlier part moves aside, and no line is cut or lost at the seam", () => {
  const folder = mkdtempSync(join(tmpdir(), "haqei-log-"));
  try {
    const file = join(folder, "x.log");
    const log = openLog(file, 100);
    for (let line = 0; line < 12; line++) log.write(`line ${String(line).padStart(2, "0")}\n`);
    log.write(Buffer.from("line 12\n"));
    log.close();
    log.write("after the end\n");
    expect(readFileSync(`${file}.1`, "utf8") + readFileSync(file, "utf8")).toBe(
      Array.from({ length: 13 }, (_, line) => `line ${String(line).padStart(2, "0")}\n`).join(""),
    );
    const again = openLog(file, 100);
    for (let line = 0; line < 100; line++) again.write(`more ${line}\n`);
    again.close();
    expect(readdirSync(folder).sort()).toEqual(["x.log", "x.log.1"]);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(100);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.skipIf(process.platform !== "linux")("a full disk costs lines, not the process", () => {
  const log = openLog("/dev/full");
  expect(() => log.write("lost\n")).not.toThrow();
  log.close();
});

test("a wanted port is given where it is free, another where it is taken", async () => {
  const port = await freePort();
  expect(await freePort(port)).toBe(port);
  const taken = createServer();
  await new Promise<void>((done) => taken.listen(port, "127.0.0.1", done));
  try {
    expect(await isFree(port)).toBe(false);
    expect(await freePort(port)).not.toBe(port);
  } finally {
    await new Promise<void>((done) => taken.close(() => done()));
  }
  expect([portOf("127.0.0.1:7233"), portOf("http://127.0.0.1:80/x"), portOf("nowhere"), portOf(undefined)]).toEqual([
    7233,
    80,
    undefined,
    undefined,
  ]);
});
