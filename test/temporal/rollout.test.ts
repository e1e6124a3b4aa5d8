import { context } from "@opentelemetry/api";
import { type WorkflowHandleWithFirstExecutionRunId, WorkflowUpdateFailedError } from "@temporalio/client";
import { ApplicationFailure } from "@temporalio/common";
import type { TestWorkflowEnvironment } from "@temporalio/testing";
import { Worker } from "@temporalio/worker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { currentRun } from "#activities/current-run.ts";
import type { Errands } from "#activities/index.ts";
import type { LookCall } from "#activities/look.ts";
import { ReleaseConfig } from "#contracts/config.ts";
import type { Incident } from "#contracts/incident.ts";
import type { StageEvidence } from "#contracts/judge.ts";
import type { Candidate, CommandName, Rollout } from "#contracts/rollout.ts";
import type { RunSpan } from "#contracts/trace.ts";
import { judge } from "#policy/release-judge.ts";
import { activeTrace } from "#stores/traced.ts";
import { contextBelow, startTracing } from "#workers/tracing.ts";
import type { canaryRollout } from "#workflows/canary-rollout.ts";
import { commands, offerUpdate, rolloutQuery } from "#workflows/messages.ts";
import { saveHistory } from "../support/histories.ts";
import { timeSkipping } from "../support/time-skipping.ts";

/** Whole rollouts in their own hours, on a server whose clock jumps over waits; the judge is the real one, the edge's counts are made up. */

const HOUR = 3_600_000;
const candidate = (letter: string, more: Partial<Candidate> = {}): Candidate => ({
  sha256: letter.repeat(64),
  version: `v1.0.${letter.charCodeAt(0) - 96}`,
  ...more,
});
const by = (reason: string) => ({ person: "mika", reason });

type RolloutErrands = Omit<Errands, "standing" | "open" | "lookup" | "retain">;
const NAMES = [
  "openRollout",
  "setShare",
  "checkHealth",
  "look",
  "settleRelease",
  "rollBack",
  "openIncident",
  "publishStatus",
] as const;

const QUEUE = "rollouts";
/** What stands behind each rollout, by workflow id: one worker serves all. */
const behind = new Map<string, RolloutErrands>();
/** In which trace each errand was done. */
const traces: { workflowId: string; name: string; trace: string | undefined }[] = [];
let environment: TestWorkflowEnvironment;
let spans: RunSpan[];
let worker: Worker;
let working: Promise<void>;
beforeAll(async () => {
  startTracing("test", undefined, () => undefined);
  const skipping = await timeSkipping();
  ({ environment, spans } = skipping);
  const call = (name: (typeof NAMES)[number]) => (given: never) => {
    const errands = behind.get(currentRun().workflowId);
    if (!errands) throw new Error("nothing stands behind this rollout");
    traces.push({ workflowId: currentRun().workflowId, name, trace: activeTrace()?.traceId });
    return (errands[name] as (given: never) => Promise<unknown>)(given);
  };
  worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue: QUEUE,
    ...skipping.workerOptions,
    activities: Object.fromEntries(NAMES.map((name) => [name, call(name)])),
  });
  working = worker.run();
});
afterAll(async () => {
  worker?.shutdown();
  await working;
  await environment?.teardown();
});

/** What users meet: share of users with an error in each arm, and how often one model alone is wrong. */
interface World {
  usersPerHour?: number;
  canaryErrors?: number;
  stableErrors?: number;
  labelsPerHour?: number;
  worse?: number;
  better?: number;
  /** Share of users' first queries on which the shadow differs, and share of the shadow's users it fails for. */
  differs?: number;
  shadowErrors?: number;
  /** Labels of what differed, and how many of them are against it. */
  labelled?: { n: number; worse: number; better: number };
  policy?: unknown;
  refused?: string;
  health?: (percentage: number) => boolean;
  /** Called before each look; may throw. */
  beforeLook?: () => void;
  withdrawn?: (call: LookCall) => boolean;
}

function evidenceOf(world: World, { stage, hours, shadowEpoch }: LookCall): StageEvidence {
  const { usersPerHour = 5000, canaryErrors = 0.004, stableErrors = 0.004, labelsPerHour = 100 } = world;
  const arm = (share: number, rate: number) => {
    const users = Math.floor(usersPerHour * hours * share);
    return { users, usersWithError: Math.floor(users * rate) };
  };
  if (stage.share === 0) {
    const sampled = arm(0.5, world.shadowErrors ?? 0.004);
    return {
      stage: { share: 0, hours, plannedHours: stage.plannedHours ?? 0 },
      ...(sampled.users > 0
        ? { canary: sampled, stable: arm(0.5, stableErrors), ...shadowOf(world, sampled.users) }
        : {}),
    };
  }
  const [canary, stable] = [arm(stage.share, canaryErrors), arm(1 - stage.share, stableErrors)];
  const n = Math.floor(labelsPerHour * hours);
  return {
    stage: { share: stage.share, hours, plannedHours: stage.plannedHours ?? 0 },
    ...(usersPerHour > 0 ? { canary, stable, assigned: { canary: canary.users, stable: stable.users } } : {}),
    ...(shadowEpoch === undefined ? {} : shadowOf(world, Math.floor(usersPerHour * SHADOW * 0.5))),
    ...(n > 0
      ? {
          accuracy: { n, worse: Math.floor(n * (world.worse ?? 0.02)), better: Math.floor(n * (world.better ?? 0.02)) },
        }
      : {}),
  };
}

function shadowOf({ differs = 0.1, labelled = { n: 0, worse: 0, better: 0 } }: World, users: number) {
  return { shadow: { n: users, unlabelled: Math.max(0, Math.floor(users * differs) - labelled.n), labelled } };
}

type Handle = WorkflowHandleWithFirstExecutionRunId<typeof canaryRollout>;
let runs = 0;

/** Runs a rollout in a world; answers how it ended, what became of the pointer, and how long it took on the server's clock. */
async function roll(world: World, during?: (handle: Handle) => Promise<void>, name?: string) {
  const policy = ReleaseConfig.parse({ metrics: ["errors", "accuracy"], lookEvery: "1h", ...(world.policy as object) });
  const shares: string[] = [];
  const incidents: Incident[] = [];
  const looks: LookCall[] = [];
  let epoch = 10;
  const errands: RolloutErrands = {
    openRollout: async () => ({
      policy,
      policyDigest: "p",
      timezone: "Asia/Tokyo",
      confirmSeconds: 60,
      ...(world.refused ? { refused: world.refused } : {}),
    }),
    setShare: async ({ candidate, percentage }) => {
      epoch += 1;
      shares.push(`${candidate.version} ${percentage}%`);
      return { withdrawn: false, epoch, afterSeq: 0 };
    },
    checkHealth: async ({ queries }) => {
      const percentage = Number(/ ([\d.]+)%/.exec(shares.at(-1) ?? "")?.[1]);
      const ok = world.health?.(percentage) ?? true;
      return { ok, ...(ok ? {} : { failed: "golden" }), seconds: 1, equal: ok ? queries : 3, operations: 1000 };
    },
    look: async (call) => {
      world.beforeLook?.();
      looks.push(call);
      const evidence = evidenceOf(world, call);
      const verdict = judge({ ...evidence, earlier: call.earlier }, policy, call.policyDigest);
      return { verdict, evidence, withdrawn: world.withdrawn?.(call) ?? false };
    },
    settleRelease: async () => ({ queries: 0, warmed: 0 }),
    rollBack: async ({ looks }) => {
      epoch += 1;
      shares.push("back");
      return { sha256: "0".repeat(64), epoch, seconds: 0.5, looks };
    },
    openIncident: async (incident) => {
      incidents.push(incident);
    },
    publishStatus: async () => false,
  };
  runs += 1;
  const workflowId = `rollout-${runs}`;
  behind.set(workflowId, errands);
  const handle: Handle = await environment.client.workflow.start<typeof canaryRollout>("canaryRollout", {
    taskQueue: QUEUE,
    workflowId,
    args: [{ candidate: candidate("a") }],
  });
  await during?.(handle);
  const rollout = await handle.result();
  const { startTime, closeTime } = await environment.client.workflow.getHandle(workflowId).describe();
  if (name) await saveHistory(environment.client, workflowId, handle.firstExecutionRunId, name);
  return { rollout, shares, incidents, looks, hours: ((closeTime?.getTime() ?? 0) - startTime.getTime()) / HOUR };
}

const say = (handle: Handle, name: CommandName, reason: string) =>
  handle.executeUpdate(commands[name], { args: [by(reason)] });
const refused = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
  return (error as WorkflowUpdateFailedError).cause?.message ?? "";
};
const told = ({ history }: Rollout) => history.map(({ what }) => what).join("\n");

const ALL = ["v1.0.1 0%", "v1.0.1 5%", "v1.0.1 25%", "v1.0.1 50%", "v1.0.1 100%"];
/** Hours in shadow before anybody gets it. */
const SHADOW = 2;

describe("a rollout in its own hours", () => {
  it("takes a healthy model through all stages, each for its planned time, never early", async () => {
    const { rollout, shares, hours, looks, incidents } = await roll({}, undefined, "rollout-released");
    expect(shares).toEqual(ALL);
    expect(rollout.state).toBe("released");
    expect(hours).toBeGreaterThanOrEqual(SHADOW + 42);
    expect(hours).toBeLessThan(SHADOW + 43);
    expect(incidents).toEqual([]);
    expect(looks.at(-1)?.earlier).toHaveLength(3);
    expect(looks.every(({ shadowEpoch }) => shadowEpoch === 11)).toBe(true);
    expect(new Set(rollout.looks.map(({ share }) => share))).toEqual(new Set([0, 0.05, 0.25, 0.5]));
    expect(rollout.looks.at(-1)).toMatchObject({ action: "promote", reason: "within-limits" });
  });

  it("is in the trace of what offered it, with every switch", async () => {
    const offered = { traceId: "a".repeat(32), spanId: "b".repeat(16), sampled: true };
    const { shares } = await context.with(contextBelow(offered), () => roll({}));
    expect(shares).toEqual(ALL);
    const workflowId = `rollout-${runs}`;
    expect(spans.filter(({ attributes }) => attributes["haqei.run"] === workflowId)).toEqual([
      expect.objectContaining({ name: "canaryRollout", traceId: offered.traceId, parentSpanId: offered.spanId }),
    ]);
    const done = traces.filter((one) => one.workflowId === workflowId);
    expect(done.filter(({ name }) => name === "setShare")).toHaveLength(ALL.length);
    expect(new Set(done.map(({ trace }) => trace))).toEqual(new Set([offered.traceId]));
  });

  it("takes one with more errors back within hours, opens an incident, and ends", async () => {
    const { rollout, shares, hours, incidents } = await roll({ canaryErrors: 0.03 }, undefined, "rollout-rolled-back");
    expect(shares).toEqual(["v1.0.1 0%", "v1.0.1 5%", "back"]);
    expect(rollout).toMatchObject({
      state: "rolled-back",
      verdict: { reason: "errors-worse" },
      rolledBack: { looks: 5 },
    });
    expect(hours).toBeLessThan(SHADOW + 6);
    expect(incidents).toEqual([expect.objectContaining({ cause: "release-rolled-back", level: 3 })]);
  });

  it("takes one that is less accurate back", async () => {
    const { rollout } = await roll({ worse: 0.12, better: 0.01 });
    expect(rollout).toMatchObject({ state: "rolled-back", verdict: { reason: "accuracy-worse" } });
  });

  it("takes one back that fails in shadow: nobody ever got it", async () => {
    const { rollout, shares, hours } = await roll({ shadowErrors: 0.03 });
    expect(shares).toEqual(["v1.0.1 0%", "back"]);
    expect(rollout).toMatchObject({ state: "rolled-back", verdict: { reason: "errors-worse" } });
    expect(hours).toBeLessThanOrEqual(SHADOW);
  });

  it("goes by what people said of a shadow's disagreements: against it, it goes back; without a word, it holds", async () => {
    const bad = await roll({ differs: 0.3, labelled: { n: 400, worse: 300, better: 20 } });
    expect(bad.shares).toEqual(["v1.0.1 0%", "back"]);
    expect(bad.rollout).toMatchObject({ verdict: { reason: "accuracy-worse" } });

    const world: World = { differs: 0.3, labelsPerHour: 0 };
    const held = await roll(
      world,
      async (handle) => {
        await environment.sleep("5h");
        expect(await handle.query(rolloutQuery)).toMatchObject({
          state: "watching",
          stage: { share: 0 },
          verdict: { reason: "shadow-disagreement" },
        });
        // Somebody labels what differed: the share without a label falls, and what they said decides the canary's accuracy.
        world.labelled = { n: 1500, worse: 90, better: 100 };
        await environment.sleep("2h");
        expect(await handle.query(rolloutQuery)).toMatchObject({ stage: { share: 0.05 } });
      },
      "rollout-shadow-labelled",
    );
    expect(held.rollout.state).toBe("released");
    expect(held.rollout.verdict?.evidence).toMatchObject({ shadow_labelled: 1500, worse: 90, better: 100 });
  });

  it("begins with the canary where the config leaves the shadow out", async () => {
    const { shares, looks } = await roll({ policy: { shadow: { sample: 0 } } });
    expect(shares).toEqual(ALL.slice(1));
    expect(looks.every(({ shadowEpoch }) => shadowEpoch === undefined)).toBe(true);
  });

  it("calls a person where both arms are bad, once, and gives nobody more", async () => {
    const { rollout, shares, incidents } = await roll({ canaryErrors: 0.05, stableErrors: 0.05 }, async (handle) => {
      await environment.sleep("5h");
      expect((await handle.query(rolloutQuery)).state).toBe("frozen");
      expect(await refused(say(handle, "promote", "it must go out"))).toContain("the evidence speaks against it");
      await environment.sleep("30h");
      await say(handle, "abort", "the store behind both is broken");
    });
    expect(rollout.state).toBe("aborted");
    expect(shares).toEqual(["v1.0.1 0%", "v1.0.1 5%", "back"]);
    expect(incidents).toEqual([expect.objectContaining({ cause: "release-frozen", level: 3 })]);
  });

  it("1 silent pass, 3 low traffic, 4 ship on timeout: without traffic it holds, asks a person once, and holds on", async () => {
    const { rollout, shares, incidents } = await roll({ usersPerHour: 0, labelsPerHour: 0 }, async (handle) => {
      await environment.sleep("5h");
      expect(await handle.query(rolloutQuery)).toMatchObject({
        state: "watching",
        verdict: { action: "hold", reason: "no-data" },
      });
      expect(await refused(say(handle, "promote", "nobody complained"))).toContain("there is no evidence yet: no-data");
      await environment.sleep("200h");
      const now = await handle.query(rolloutQuery);
      expect(now).toMatchObject({ state: "watching", stage: { share: 0 }, verdict: { reason: "ask-a-person" } });
      await say(handle, "abort", "there are no users");
    });
    expect(rollout.state).toBe("aborted");
    expect(shares).toEqual(["v1.0.1 0%", "back"]);
    expect(incidents.map(({ cause }) => cause)).toEqual(["release-undecided"]);
    expect(rollout.history).toContainEqual(
      expect.objectContaining({ what: "abort", person: "mika", reason: "there are no users" }),
    );
  });

  it("2 zero baseline: a canary with errors against a stable model with none is taken back", async () => {
    const { rollout } = await roll({ canaryErrors: 0.03, stableErrors: 0 });
    expect(rollout).toMatchObject({ state: "rolled-back", verdict: { reason: "errors-worse" } });
  });

  it("5 unsafe rollback: abort beats promote, and nothing takes it back", async () => {
    const { rollout, shares } = await roll(
      { labelsPerHour: 2 },
      async (handle) => {
        await environment.sleep("21h");
        const [promoted, aborted] = await Promise.allSettled([
          say(handle, "promote", "good enough"),
          say(handle, "abort", "no, stop"),
        ]);
        expect(aborted.status).toBe("fulfilled");
        expect(["fulfilled", "rejected"]).toContain(promoted.status);
      },
      "rollout-aborted",
    );
    expect(rollout.state).toBe("aborted");
    expect(shares.at(-1)).toBe("back");
  });

  it("6 flapping: an edge that comes and goes opens no incident and changes no share", async () => {
    let asked = 0;
    const { rollout, shares, incidents } = await roll({
      beforeLook: () => {
        asked += 1;
        if (asked % 3 === 1) throw ApplicationFailure.nonRetryable("the edge did not answer", "NotReachableError");
      },
    });
    expect(rollout.state).toBe("released");
    expect(shares).toEqual(ALL);
    expect(incidents).toEqual([]);
    expect(told(rollout)).toContain("no look: the edge did not answer");
  });

  it("goes back where the edge does not serve it well after a switch, at the last stage too", async () => {
    const { rollout, shares } = await roll({ health: (percentage) => percentage < 100 });
    expect(shares).toEqual([...ALL, "back"]);
    expect(rollout.state).toBe("rolled-back");
    expect(told(rollout)).toContain("health check at 100%: golden");
  });

  it("is left alone by one that takes the canary away behind its back", async () => {
    const { rollout, shares } = await roll({ withdrawn: ({ stage }) => stage.share === 0.25 });
    expect(rollout.state).toBe("withdrawn");
    expect(shares).toEqual(ALL.slice(0, 3));
  });

  it("says why it does not begin", async () => {
    const { rollout, shares } = await roll({ refused: "it was rolled back" });
    expect(rollout.state).toBe("refused");
    expect(told(rollout)).toContain("it was rolled back");
    expect(shares).toEqual([]);
  });
});

describe("a person", () => {
  it("pauses and resumes: evidence promotes nothing meanwhile, and still takes it back", async () => {
    const { rollout, hours, shares } = await roll(
      {},
      async (handle) => {
        await environment.sleep("1h");
        await say(handle, "pause", "a launch today");
        expect(await refused(say(handle, "pause", "again"))).toContain("paused already");
        expect(await refused(say(handle, "promote", "now"))).toContain("resume it first");
        await environment.sleep("20h");
        expect(await handle.query(rolloutQuery)).toMatchObject({ state: "paused", stage: { share: 0 } });
        await say(handle, "resume", "the launch is over");
        expect(await refused(say(handle, "resume", "again"))).toContain("not paused");
      },
      "rollout-paused",
    );
    expect(rollout.state).toBe("released");
    expect(shares).toEqual(ALL);
    expect(hours).toBeGreaterThan(1 + 20 + 42);

    const worse = await roll({ shadowErrors: 0.03, usersPerHour: 400 }, async (handle) => {
      await say(handle, "pause", "wait");
    });
    expect(worse.rollout.state).toBe("rolled-back");
  });

  it("promotes what stays undecided, never before its time, with person and reason", async () => {
    const { rollout } = await roll(
      { labelsPerHour: 2 },
      async (handle) => {
        expect(await refused(say(handle, "promote", "hurry"))).toMatch(/switch is under way|nothing was looked at/);
        // Between the first look at its first users and the second.
        await environment.sleep(`${60 * (SHADOW + 1) + 30}m`);
        expect(await refused(say(handle, "promote", "hurry"))).toContain("too-early");
        for (const share of [0.25, 0.5, 1]) {
          await environment.sleep(share === 0.25 ? "6h" : share === 0.5 ? "13h" : "25h");
          await say(handle, "promote", "the labels agree so far");
          await environment.sleep("10s");
        }
      },
      "rollout-promoted",
    );
    expect(rollout.state).toBe("released");
    expect(rollout.history.filter(({ what }) => what === "promote")).toHaveLength(3);
  });

  it("says who and why, or is not heard", async () => {
    const { rollout } = await roll(
      {},
      async (handle) => {
        const nameless = handle.executeUpdate(commands.abort, { args: [{ person: "", reason: " " }] });
        expect(await refused(nameless)).toMatch(/person.*reason/s);
        await say(handle, "rollback", "I saw wrong answers");
      },
      "rollout-taken-back",
    );
    expect(rollout.history).toContainEqual(
      expect.objectContaining({ what: "rollback", reason: "I saw wrong answers" }),
    );
  });

  it("approves it first, where the config asks for that", async () => {
    const { rollout, shares, hours } = await roll(
      { policy: { approval: true } },
      async (handle) => {
        await environment.sleep("50h");
        expect(await handle.query(rolloutQuery)).toMatchObject({ state: "awaiting-approval" });
        await say(handle, "promote", "reviewed");
      },
      "rollout-approved",
    );
    expect(rollout.state).toBe("released");
    expect(shares).toEqual(ALL);
    expect(hours).toBeGreaterThan(50 + SHADOW + 42);
  });

  it("closes days: nobody gets more of it on them, but it can be taken back", async () => {
    const today = new Date(await environment.currentTimeMs()).toISOString().slice(0, 10);
    const inDays = (n: number) => new Date(Date.parse(today) + n * 24 * HOUR).toISOString().slice(0, 10);
    const freeze = { dates: [{ from: inDays(-1), to: inDays(4), name: "New Year" }] };
    const { rollout, shares } = await roll({ policy: { freeze } }, async (handle) => {
      await environment.sleep("10h");
      expect(await handle.query(rolloutQuery)).toMatchObject({ state: "closed" });
      expect(await refused(say(handle, "promote", "now"))).toContain("calendar is closed");
    });
    expect(rollout.state).toBe("released");
    expect(shares).toEqual(ALL);
    expect(told(rollout)).toContain("waits: New Year");
  });
});

describe("8 stage races: candidates", () => {
  it("never supersede a rollout; of those that wait the newest comes next", async () => {
    const workflowId = `rollout-${runs + 1}`;
    const { shares } = await roll(
      {},
      async (handle) => {
        const offer = (one: Candidate) => handle.executeUpdate(offerUpdate, { args: [one] });
        expect(await offer(candidate("a"))).toBe("started");
        expect(await offer(candidate("a"))).toBe("running");
        await environment.sleep("8h");
        expect(await offer(candidate("b"))).toBe("waiting");
        expect(await offer(candidate("c"))).toBe("waiting");
        expect((await handle.query(rolloutQuery)).waiting?.version).toBe("v1.0.3");
      },
      "rollout-next",
    );
    // `result` follows the chain: the rollout of the one that waited is over, too.
    expect(shares).toEqual([...ALL, ...ALL.map((share) => share.replace("v1.0.1", "v1.0.3"))]);
    const last = await environment.client.workflow.getHandle<typeof canaryRollout>(workflowId).result();
    expect(last.candidate.version).toBe("v1.0.3");
  });
});
