import { describe, expect, test } from "vitest";
import { Config } from "#contracts/config.ts";
import { type Dag, downstreamOf, faultsOf, findStage, type Stage, sourceOf, upstreamOf } from "./dag.ts";
import { dailyDag } from "./daily-batch.ts";

function stage(name: string, ...from: string[]): Stage {
  return {
    name,
    activity: "collect",
    queue: "pipeline",
    retry: "work",
    inputs: Object.fromEntries(from.map((input, index) => [`input${index}`, input])),
    reads: [],
    settings: [],
    produces: "dataset",
    heartbeatSeconds: 30,
    keep: "always",
    summary: () => name,
  };
}
/** a and b start; c needs a; d needs c and b; e stands alone. */
const fork: Dag = {
  name: "fork",
  stages: [stage("a"), stage("b", "source:x"), stage("c", "a"), stage("d", "c", "b"), stage("e")],
};

describe("the daily batch", () => {
  const names = dailyDag.stages.map(({ name }) => name);
  test("is the specification's seven stages, each with planned minutes in the config (1.2.2)", () => {
    expect(names).toEqual([
      "01:collect",
      "02:preprocess",
      "03:train",
      "04:validate",
      "05:compress",
      "06:deploy",
      "07:distribute",
    ]);
    const { stages } = Config.parse({}).daily;
    expect(names.map((name) => stages[name as keyof typeof stages])).toEqual([5, 10, 60, 15, 20, 5, 5]);
  });
  test("has no fault", () => {
    expect(faultsOf(dailyDag)).toEqual([]);
  });
  test("names in each stage an activity of its own and settings that the config has", () => {
    expect(new Set(dailyDag.stages.map(({ activity }) => activity)).size).toBe(7);
    const config = Object.keys(Config.parse({}));
    for (const { settings } of dailyDag.stages) for (const name of settings) expect(config).toContain(name);
  });
  test("trains on the queue compute, and only that", () => {
    expect(dailyDag.stages.flatMap(({ name, queue }) => (queue === "compute" ? [name] : []))).toEqual(["03:train"]);
  });
  test("validates and compresses side by side, and decides on both", () => {
    expect(downstreamOf(dailyDag, "04:validate")).toEqual(["04:validate", "06:deploy", "07:distribute"]);
    expect(downstreamOf(dailyDag, "05:compress")).toEqual(["05:compress", "06:deploy", "07:distribute"]);
    expect(downstreamOf(dailyDag, "01:collect")).toEqual(names);
    expect(downstreamOf(dailyDag, "07:distribute")).toEqual(["07:distribute"]);
  });
});

describe("a declaration", () => {
  test("tells other stages from what a run is opened with", () => {
    expect(sourceOf("source:current")).toBe("current");
    expect(sourceOf("03:train")).toBeUndefined();
    expect(upstreamOf(stage("x", "a", "source:current", "b"))).toEqual(["a", "b"]);
  });
  test("finds a stage with or without its number", () => {
    expect(findStage(dailyDag, "train")?.name).toBe("03:train");
    expect(findStage(dailyDag, "03:train")?.name).toBe("03:train");
    expect(findStage(dailyDag, "03")).toBeUndefined();
    expect(findStage(dailyDag, "rain")).toBeUndefined();
  });
  test("knows what depends on a stage, directly or not, in declared order", () => {
    expect(downstreamOf(fork, "a")).toEqual(["a", "c", "d"]);
    expect(downstreamOf(fork, "b")).toEqual(["b", "d"]);
    expect(downstreamOf(fork, "e")).toEqual(["e"]);
    expect(downstreamOf(fork, "unknown")).toEqual([]);
  });
  test("is faulty where a name stands twice, an input comes too late, from itself, or from nowhere", () => {
    expect(faultsOf(fork)).toEqual([]);
    expect(faultsOf({ name: "twice", stages: [stage("a"), stage("a")] })).toEqual(["a is declared twice"]);
    expect(faultsOf({ name: "late", stages: [stage("a", "b"), stage("b")] })).toEqual([
      "a needs b, which no earlier stage makes",
    ]);
    expect(faultsOf({ name: "itself", stages: [stage("a", "a")] })).toEqual([
      "a needs a, which no earlier stage makes",
    ]);
    expect(faultsOf({ name: "nowhere", stages: [stage("a", "z")] })).toEqual([
      "a needs z, which no earlier stage makes",
    ]);
  });
});
