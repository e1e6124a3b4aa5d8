import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type InjectedSinks, Worker } from "@temporalio/worker";
import { DeterminismViolationError } from "@temporalio/workflow";
import { beforeAll, describe, expect, it } from "vitest";
import { workflowBundle } from "#workers/workflow-bundle.ts";
import type { TraceSinks } from "#workflows/tracing.ts";
import { quietWorkers } from "./support/quiet.ts";

/**
 * Runs that are under way when workers are upgraded go on with the new code: it must decide as the old one did. Histories are
 * saved by `HAQEI_SAVE_HISTORIES=1 npx vitest run --project system test/e2e/day.test.ts test/temporal`,
 * and those of the larger runs by the same with `--project slow test/e2e/cycles.slow.test.ts`.
 */
const FOLDER = fileURLToPath(new URL("histories", import.meta.url));
const names = (await readdir(FOLDER)).filter((name) => name.endsWith(".json"));
let codePath: string;
const history = async (name: string) => JSON.parse(await readFile(join(FOLDER, name), "utf8"));
const told: unknown[] = [];
const sinks: InjectedSinks<TraceSinks> = { trace: { ended: { fn: (_, span) => void told.push(span) } } };
const replay = (json: unknown) => Worker.runReplayHistory({ workflowBundle: { codePath }, sinks }, json);

beforeAll(async () => {
  quietWorkers();
  codePath = await workflowBundle(await mkdtemp(join(tmpdir(), "haqei-replay-")));
});

describe("saved histories", () => {
  it("cover every workflow and how it can end", () => {
    expect(names.sort()).toEqual([
      "daily-again.json",
      "daily-cancelled.json",
      "daily-failed.json",
      "daily-first.json",
      "daily-reset.json",
      "emergency.json",
      "incident-escalated.json",
      "launch.json",
      "monthly.json",
      "notify-delivered.json",
      "rollout-aborted.json",
      "rollout-approved.json",
      "rollout-before-shadows.json",
      "rollout-next.json",
      "rollout-paused.json",
      "rollout-promoted.json",
      "rollout-released.json",
      "rollout-rolled-back.json",
      "rollout-shadow-labelled.json",
      "rollout-taken-back.json",
      "watch-emergency.json",
      "watch-firing.json",
      "watch-over.json",
      "weekly-report.json",
      "weekly.json",
    ]);
  });

  it.each(names)("%s is decided alike today, and tells its span no second time", async (name) => {
    await replay(await history(name));
    expect(told).toEqual([]);
  });

  it("would be told apart from another decision", async () => {
    const changed = await history("daily-first.json");
    const scheduled = changed.events.find(
      (event: { activityTaskScheduledEventAttributes?: { activityId?: string } }) =>
        event.activityTaskScheduledEventAttributes?.activityId === "03:train",
    );
    scheduled.activityTaskScheduledEventAttributes.activityType.name = "guess";
    await expect(replay(changed)).rejects.toThrow(DeterminismViolationError);
  });
});

describe("the workflow bundle", () => {
  it("imports nothing of Node and no other room than policy and contracts", async () => {
    const code = await readFile(codePath, "utf8");
    expect(code).not.toMatch(/require\("(node:)?(fs|crypto|path|child_process|worker_threads|net|http)"\)/);
    expect(code).not.toMatch(/external "?node:/);
    for (const room of ["activities", "stores", "training", "model", "datasets", "workers", "local", "edge"])
      expect(code).not.toContain(`./${room}/`);
    expect(code).toContain("./workflows/runner.ts");
  });
});
