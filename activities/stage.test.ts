import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MockActivityEnvironment } from "@temporalio/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StageCall, StageResult } from "#contracts/run.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { type Registry, sqliteRegistry } from "#stores/registry.ts";
import type { Dependencies } from "./dependencies.ts";
import { keptName, stage } from "./stage.ts";

let folder: string;
let registry: Registry;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "haqei-stage-"));
  registry = sqliteRegistry(join(folder, "registry.db"));
});
afterEach(async () => {
  await registry.close();
  rmSync(folder, { recursive: true });
});

const call: StageCall = { stage: "01:collect", activity: "collect", asked: {}, inputs: {}, settings: {}, key: "a" };
const run = (asked: StageCall): Promise<StageResult> =>
  new MockActivityEnvironment().run(
    stage({ registry, artefacts: folderArtefacts(folder), codeDigests: {} } as unknown as Dependencies, async () => ({
      kind: "events",
      bytes: new Uint8Array([1]),
      metrics: { events: 1 },
      summary: "1 event",
    })),
    asked,
  );

describe("a stage's result", () => {
  it("is kept under its key", async () => {
    const { output } = await run({ ...call, keep: true });
    const { value } = await registry.read<StageResult>(keptName("a"));
    expect(value?.output).toEqual(output);
  });

  it("of a day that is not over is not: once it is over, the same key comes to more", async () => {
    const { summary } = await run({ ...call, keep: false });
    expect(summary).toBe("1 event");
    expect((await registry.read(keptName("a"))).value).toBeUndefined();
  });
});
