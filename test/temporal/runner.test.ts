import { Context } from "@temporalio/activity";
import { WorkflowFailedError } from "@temporalio/client";
import { ApplicationFailure, CancelledFailure } from "@temporalio/common";
import type { TestWorkflowEnvironment } from "@temporalio/testing";
import { Worker } from "@temporalio/worker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Errands, StageActivities } from "#activities/index.ts";
import { Config } from "#contracts/config.ts";
import type { OpenedRun, RunInput, RunOutcome, StageCall, StageResult } from "#contracts/run.ts";
import { dailyDag } from "#workflows/daily-batch.ts";
import { progressQuery } from "#workflows/messages.ts";
import { saveHistory } from "../support/histories.ts";
import { type TimeSkipping, timeSkipping } from "../support/time-skipping.ts";

/** The runner on a server whose clock jumps over waits, with activities that only tell what a stage would come to. */

const MINUTES = {
  "01:collect": 5,
  "02:preprocess": 10,
  "03:train": 60,
  "04:validate": 15,
  "05:compress": 20,
  "06:deploy": 5,
  "07:distribute": 5,
};
const opened = (more: Partial<OpenedRun> = {}): OpenedRun => ({
  sources: {},
  settings: { daily: Config.parse({}).daily },
  minutes: MINUTES,
  windowMinutes: 120,
  partial: false,
  ...more,
});

const resultOf = (call: StageCall, attempt = 1): StageResult => {
  const kind = dailyDag.stages.find(({ name }) => name === call.stage)?.produces ?? "events";
  return {
    output: {
      uri: `memory:${call.stage}`,
      sha256: Buffer.from(call.stage).toString("hex").padEnd(64, "0"),
      bytes: 1,
      kind,
    },
    metrics: { bytes: 1 },
    summary: `${call.stage} done`,
    ...(call.stage === "06:deploy"
      ? { verdict: { action: "promote", reason: "first-model", evidence: {}, policyDigest: "p" } as const }
      : {}),
    seconds: 1,
    attempt,
  };
};

let environment: TestWorkflowEnvironment;
let workerOptions: TimeSkipping["workerOptions"];

beforeAll(async () => {
  ({ environment, workerOptions } = await timeSkipping());
});
afterAll(async () => {
  await environment?.teardown();
});

interface Fake {
  stages?: Partial<StageActivities>;
  open?: OpenedRun;
  kept?: (call: StageCall) => StageResult | undefined;
}

let runs = 0;

/** Runs the daily batch with these activities; answers what came of it and every stage call in the order in which they began. */
async function runDaily(
  fake: Fake,
  input: Partial<RunInput> = {},
  during?: (handle: { cancel: () => Promise<unknown> }) => Promise<void>,
  name?: string,
) {
  const calls: StageCall[] = [];
  const looked: { stage: string; use: boolean }[] = [];
  const stage = (name: keyof StageActivities) => async (call: StageCall) => {
    calls.push(call);
    return fake.stages?.[name] ? fake.stages[name](call) : resultOf(call, Context.current().info.attempt);
  };
  const errands: Pick<Errands, "standing" | "open" | "lookup"> = {
    standing: async () => "absent",
    open: async () => fake.open ?? opened(),
    lookup: async (call, { use }) => {
      looked.push({ stage: call.stage, use });
      const kept = use ? fake.kept?.(call) : undefined;
      return { key: `key of ${call.stage}`, ...(kept ? { kept } : {}) };
    },
  };
  const names = ["collect", "preprocess", "validate", "compress", "deploy", "distribute"] as const;
  const light = Object.fromEntries(names.map((name) => [name, stage(name)]));
  const common = {
    connection: environment.nativeConnection,
    namespace: "default",
    maxHeartbeatThrottleInterval: "1s",
    defaultHeartbeatThrottleInterval: "1s",
  } as const;
  const pipeline = await Worker.create({
    ...common,
    ...workerOptions,
    taskQueue: "pipeline",
    activities: { ...errands, ...light },
  });
  const compute = await Worker.create({ ...common, taskQueue: "compute", activities: { train: stage("train") } });
  const workflowId = `daily-test-${++runs}`;
  let error: unknown;
  let outcome: RunOutcome | undefined;
  let progress: RunOutcome | undefined;
  await pipeline.runUntil(
    compute.runUntil(async () => {
      const handle = await environment.client.workflow.start("dailyBatch", {
        taskQueue: "pipeline",
        workflowId,
        args: [{ kind: "daily", date: "2026-11-03", seed: 384, release: true, ...input }],
      });
      await during?.(handle);
      outcome = await handle.result().catch((thrown: unknown) => {
        error = thrown;
        return undefined;
      });
      progress = await handle.query(progressQuery).catch(() => undefined);
      if (name) await saveHistory(environment.client, workflowId, undefined, name);
    }),
  );
  return { calls, looked, outcome, progress: progress as unknown as RunOutcome, error, message: messageOf(error) };
}

const messageOf = (error: unknown): string =>
  error instanceof WorkflowFailedError && error.cause instanceof Error ? error.cause.message : "";
const states = (outcome: RunOutcome): Record<string, string> =>
  Object.fromEntries(outcome.stages.map(({ name, status }) => [name, status]));

describe("the DAG runner", () => {
  it("runs the seven stages, each after what it builds on, and tells what came of them", async () => {
    const { calls, outcome, progress } = await runDaily({
      open: opened({ partial: true, settings: { timezone: "Asia/Tokyo", daily: Config.parse({}).daily } }),
    });
    const order = calls.map(({ stage }) => stage);
    expect([...order].sort()).toEqual(dailyDag.stages.map(({ name }) => name));
    for (const stage of dailyDag.stages)
      for (const input of Object.values(stage.inputs))
        if (!input.startsWith("source:")) expect(order.indexOf(input)).toBeLessThan(order.indexOf(stage.name));
    expect(outcome).toEqual(progress);
    expect(outcome?.verdict?.reason).toBe("first-model");
    expect(outcome?.model?.sha256).toBe(Buffer.from("05:compress").toString("hex").padEnd(64, "0"));
    expect(outcome?.partial).toBe(true);
    expect(outcome?.overran).toBe(false);
    expect(calls.find(({ stage }) => stage === "03:train")).toMatchObject({
      asked: { seed: 384 },
      key: "key of 03:train",
      inputs: { dataset: { kind: "dataset" } },
    });
    expect(calls.find(({ stage }) => stage === "01:collect")?.settings).toEqual({ timezone: "Asia/Tokyo" });
  });

  it("starts independent stages side by side", async () => {
    const waiting: (() => void)[] = [];
    // Each waits for the other: one after the other they would never end.
    const meet = (call: StageCall) =>
      new Promise<StageResult>((resolve) => {
        waiting.push(() => resolve(resultOf(call)));
        if (waiting.length === 2) for (const go of waiting) go();
      });
    const { outcome } = await runDaily({ stages: { validate: meet, compress: meet } });
    expect(outcome && states(outcome)["04:validate"]).toBe("ran");
  });

  it("takes kept results instead of running, and looks none up for a stage that a person wants again", async () => {
    const all = await runDaily({ kept: (call) => resultOf(call) });
    expect(all.calls).toEqual([]);
    expect(all.outcome?.stages.every(({ status, seconds }) => status === "cached" && seconds === 0)).toBe(true);

    const forced = await runDaily({ kept: (call) => resultOf(call) }, { forceFrom: "compress" });
    expect(forced.calls.map(({ stage }) => stage)).toEqual(["05:compress", "06:deploy", "07:distribute"]);
    expect(forced.looked.filter(({ use }) => !use).map(({ stage }) => stage)).toEqual([
      "05:compress",
      "06:deploy",
      "07:distribute",
    ]);
  });

  it("uses no kept events of a day that was not over, and keeps none for when it is", async () => {
    const { calls } = await runDaily({ open: opened({ partial: true }), kept: (call) => resultOf(call) });
    expect(calls.map(({ stage, keep }) => [stage, keep])).toEqual([["01:collect", false]]);
    const { calls: over } = await runDaily({ open: opened({ partial: false }) });
    expect(over.every(({ keep }) => keep)).toBe(true);
  });

  it("fills in what a person left out in the UI, and names what is wrong", async () => {
    const { outcome, calls } = await runDaily({}, { release: undefined as unknown as boolean });
    expect(outcome && states(outcome)["07:distribute"]).toBe("ran");
    expect(calls.find(({ stage }) => stage === "07:distribute")?.asked).toEqual({ release: true });
    const wrong = await runDaily({}, { date: "2026-02-30" });
    expect(wrong.message).toContain("date: a calendar date YYYY-MM-DD");
  });

  it("refuses to start from a stage that is not declared", async () => {
    const { message } = await runDaily({}, { forceFrom: "08:sell" });
    expect(message).toContain("no stage 08:sell");
    expect(message).toContain("03:train");
  });

  it("never retries wrong input, fails the run with what to do, and skips only what builds on it", async () => {
    let attempts = 0;
    const { message, progress, calls } = await runDaily(
      {
        stages: {
          compress: async () => {
            attempts++;
            throw ApplicationFailure.create({ type: "InputError", message: "the model is empty. Train it again." });
          },
        },
      },
      {},
      undefined,
      "daily-failed",
    );
    expect(attempts).toBe(1);
    expect(message).toContain("05:compress failed: the model is empty. Train it again.");
    expect(message).toContain("haqei run daily --date 2026-11-03");
    expect(states(progress)).toEqual({
      "01:collect": "ran",
      "02:preprocess": "ran",
      "03:train": "ran",
      "04:validate": "ran",
      "05:compress": "failed",
      "06:deploy": "skipped",
      "07:distribute": "skipped",
    });
    expect(calls.some(({ stage }) => stage === "07:distribute")).toBe(false);
  });

  it("waits for an edge that does not answer, with growing pauses, within the stage's budget", async () => {
    let attempts = 0;
    const { outcome } = await runDaily({
      stages: {
        collect: async (call) => {
          attempts++;
          if (attempts < 5)
            throw ApplicationFailure.create({ type: "NotReachableError", message: "the edge does not answer" });
          return resultOf(call, Context.current().info.attempt);
        },
      },
    });
    expect(attempts).toBe(5);
    expect(outcome?.stages[0]).toMatchObject({ status: "ran", attempt: 5 });

    const never = await runDaily({
      stages: {
        collect: async () => {
          throw ApplicationFailure.create({ type: "NotReachableError", message: "the edge does not answer" });
        },
      },
    });
    expect(never.message).toContain("01:collect failed: the edge does not answer");
  });

  it("tries a stage that runs out of its planned time once more, and says that the window was overrun", async () => {
    let attempts = 0;
    const { message, progress } = await runDaily({
      stages: {
        validate: async () => {
          attempts++;
          return Context.current().cancelled;
        },
      },
      // Four seconds: while an activity works, the server's clock does not jump.
      open: opened({ minutes: { ...MINUTES, "04:validate": 4 / 60 }, windowMinutes: 0.01 }),
    });
    expect(attempts).toBe(2);
    expect(message).toContain("04:validate failed: it did not end within its planned");
    expect(message).toContain('Raise daily.stages["04:validate"]');
    expect(progress.overran).toBe(true);
  });

  it("ends training within seconds of a cancel", async () => {
    let ended = false;
    const { progress, error } = await runDaily(
      {
        stages: {
          train: async () => {
            const context = Context.current();
            const beat = setInterval(() => context.heartbeat(), 200);
            try {
              return await context.cancelled;
            } finally {
              clearInterval(beat);
              ended = true;
            }
          },
        },
      },
      {},
      async (handle) => {
        await new Promise((resolve) => setTimeout(resolve, 1500));
        await handle.cancel();
      },
      "daily-cancelled",
    );
    expect(ended).toBe(true);
    expect(error instanceof WorkflowFailedError && error.cause).toBeInstanceOf(CancelledFailure);
    expect(states(progress)).toMatchObject({ "02:preprocess": "ran", "03:train": "failed", "04:validate": "skipped" });
  });
});
