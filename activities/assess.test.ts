import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Config } from "#contracts/config.ts";
import { putExperiment, readExperiments } from "#stores/experiments.ts";
import { type Registry, sqliteRegistry } from "#stores/registry.ts";
import { assess } from "./assess.ts";
import { jsonBytes, type StageContext } from "./stage.ts";

let folder: string;
let registry: Registry;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "haqei-assess-"));
  registry = sqliteRegistry(join(folder, "registry.db"));
});
afterEach(async () => {
  registry.close();
  await rm(folder, { recursive: true });
});

const digest = (letter: string): string => letter.repeat(64);
const rate = { value: 0.3, lo: 0.28, hi: 0.32 };
const candidate = { model: digest("a"), n: 1536, top1: rate, top3: rate, graded_top3: rate, ece: 0.1, byLanguage: {} };

function week(date: string, more: { current?: string; action?: string; release?: boolean } = {}) {
  const { current = "b", action = "promote", release = true } = more;
  const evidence = { pairs: 1536, drop: -0.02, drop_lower: -0.05, drop_upper: 0.01 };
  const given: Record<string, unknown> = {
    evaluation: { schema: 1, split: "test", candidate },
    decision: { verdict: { action, reason: "not-worse-than-current", evidence, policyDigest: "p" } },
    window: { schema: 1, days: [{ date, sha256: digest("c"), events: 40 }] },
  };
  const reference = (letter: string) => ({ uri: "", sha256: digest(letter), bytes: 1, kind: "model" as const });
  return assess({ registry })({
    call: {
      ...{ stage: "08:assess", activity: "assess", key: "k", asked: { date, release } },
      settings: Config.parse({}),
      inputs: { model: reference("a"), current: reference(current) },
    } as unknown as StageContext["call"],
    signal: new AbortController().signal,
    report: () => undefined,
    input: async (role) => jsonBytes(given[role]),
  });
}
const experiments = async () =>
  (await readExperiments(registry)).map(({ plan, state }) => [plan.name, state, plan.arms[0]?.sha256.slice(0, 1)]);

describe("08:assess", () => {
  it("says how far the daily chain has drifted from the full retrain, with the interval of the pairs", async () => {
    const { metrics, summary } = await week("2026-11-21");
    expect(metrics).toMatchObject({ drift: 0.02, drift_lower: -0.01, drift_upper: 0.05, pairs: 1536 });
    expect(metrics).toMatchObject({ items: 40, data_required_met: false, experiment: "weekly-2026-11-21" });
    expect(summary).toContain("drift of the daily chain 0.020 (-0.010 to 0.050, n 1536)");
  });

  it("sets up next week's experiment against the chain; one of an earlier week that nobody started gives way", async () => {
    await week("2026-11-14");
    await week("2026-11-21", { current: "d" });
    expect(await experiments()).toEqual([
      ["weekly-2026-11-14", "stopped", "b"],
      ["weekly-2026-11-21", "created", "d"],
    ]);
  });

  it("has it with the models of the last run of that week, unless a person started it meanwhile", async () => {
    await week("2026-11-21", { current: "b" });
    await week("2026-11-21", { current: "d" });
    expect(await experiments()).toEqual([["weekly-2026-11-21", "created", "d"]]);
    const [set] = await readExperiments(registry);
    if (set) await putExperiment(registry, { ...set, state: "running" });
    await week("2026-11-21", { current: "e" });
    expect(await experiments()).toEqual([["weekly-2026-11-21", "running", "d"]]);
  });

  it("sets up none for a model that is worse, that serves already, or in a dry run", async () => {
    await week("2026-11-21", { action: "hold" });
    await week("2026-11-21", { current: "a" });
    await week("2026-11-21", { release: false });
    expect(await experiments()).toEqual([]);
  });
});
