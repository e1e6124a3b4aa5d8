import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  TimeoutFailure,
  upsertSearchAttributes,
} from "@temporalio/workflow";
import type { StageActivities } from "#activities/index.ts";
import type { ArtefactReference } from "#contracts/reference.ts";
import type {
  OpenedRun,
  RunInput,
  RunKind,
  RunOutcome,
  StageCall,
  StageInputs,
  StageReport,
  StageResult,
  StageState,
} from "#contracts/run.ts";
import { type Dag, downstreamOf, findStage, madeBy, type Stage, sourceOf } from "./dag.ts";
import { currentDetails } from "./details.ts";
import { ERRAND_MINUTES, errand } from "./errand.ts";
import { progressQuery, resultQuery, searchAttributes } from "./messages.ts";
import { retryOptions } from "./retry.ts";

type StageProgress = Omit<StageReport, "status"> & { status: StageState };

/**
 * Executes a declaration: each stage starts when its inputs are made, independent ones side by side; a stage whose key has a
 * kept result is not run, nor one that says it is not needed. A stage that fails for good fails the run, after what does not depend on it has ended.
 */
export async function runDag(dag: Dag, run: RunInput): Promise<RunOutcome> {
  const started = Date.now();
  const progress = new Map<string, StageProgress>(
    dag.stages.map(({ name }) => [name, { name, status: "waiting", seconds: 0, attempt: 0 }]),
  );
  const results = new Map<string, StageResult>();
  let opened: OpenedRun | undefined;
  let result: RunOutcome | undefined;

  const outcome = (): RunOutcome => summarise([...progress.values()], results, opened, Date.now() - started);
  setHandler(progressQuery, outcome, { description: "Every stage with its state, seconds, attempt and result" });
  setHandler(resultQuery, () => result, { description: "What the run came to; nothing while it runs" });
  const show = (): void => setCurrentDetails(currentDetails(run, outcome(), opened?.picture));
  const advance = (name: string, change: Partial<StageProgress>): void => {
    progress.set(name, { ...(progress.get(name) as StageProgress), ...change });
    show();
  };

  upsertSearchAttributes([
    { key: searchAttributes.date, value: run.date },
    { key: searchAttributes.kind, value: run.kind },
  ]);
  const forced = forcedStages(dag, run);
  opened = await errand({ summary: `open ${run.kind} ${run.date}`, activityId: "open" }).open(
    run,
    dag.stages.map(({ name }) => name),
  );
  show();

  const pending = new Map<string, Promise<StageResult>>();
  for (const stage of dag.stages) {
    pending.set(stage.name, runStage(stage, opened));
  }
  const settled = await Promise.allSettled(pending.values());
  result = outcome();
  show();
  const failures = settled.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  const failure = failures.find((one) => !(one instanceof Skipped));
  if (failure !== undefined) throw failure;
  return result;

  async function runStage(stage: Stage, opening: OpenedRun): Promise<StageResult> {
    const { inputs, built } = await gather(stage, opening);
    upsertSearchAttributes([{ key: searchAttributes.stage, value: stage.name }]);
    try {
      const keep = stage.keep === "always" || (stage.keep === "closed-day" && !opening.partial);
      const call = {
        stage: stage.name,
        activity: stage.activity,
        asked: Object.fromEntries(stage.reads.map((name) => [name, run[name]])),
        inputs,
        settings: Object.fromEntries(stage.settings.map((name) => [name, opening.settings[name]])),
        key: "",
        keep,
      };
      const look = await errand({
        summary: `${stage.name}: is there a kept result?`,
        activityId: `lookup ${stage.name}`,
      }).lookup(call, { use: keep && !forced.has(stage.name) });
      const needless =
        look.kept || look.wished || run.forceFrom !== undefined
          ? undefined
          : stage.unless?.({ inputs, results, settings: opening.settings });
      if (needless !== undefined) {
        advance(stage.name, { status: "skipped", summary: needless });
        throw new NotNeeded(needless);
      }
      const done = look.kept ?? (await execute(stage, opening, built, { ...call, key: look.key }));
      results.set(stage.name, done);
      note(done);
      const { kind, sha256, bytes } = done.output;
      advance(stage.name, {
        status: look.kept ? "cached" : "ran",
        seconds: look.kept ? 0 : done.seconds,
        attempt: look.kept ? 0 : done.attempt,
        output: { kind, sha256, bytes },
        summary: done.summary,
        ...(!look.kept && typeof done.metrics.cpuSeconds === "number" ? { cpuSeconds: done.metrics.cpuSeconds } : {}),
      });
      return done;
    } catch (error) {
      if (error instanceof NotNeeded) throw error;
      if (isCancellation(error)) {
        advance(stage.name, { status: "failed", error: "cancelled" });
        throw error;
      }
      const cause = causeOf(error, stage, run.kind, opening.minutes[stage.name]);
      advance(stage.name, { status: "failed", error: cause.message });
      throw ApplicationFailure.create({
        message: `${stage.name} failed: ${cause.message} What earlier stages made is kept; when the cause is mended, run it again: haqei run ${run.kind} --date ${run.date}`,
        type: cause.type,
        nonRetryable: true,
        ...(error instanceof Error ? { cause: error } : {}),
      });
    }
  }

  /** Waits for a stage's inputs; where one of them did not come to be, the stage is skipped. */
  async function gather(
    stage: Stage,
    opening: OpenedRun,
  ): Promise<{ inputs: StageInputs; built: Record<string, StageResult> }> {
    const inputs: Record<string, ArtefactReference> = {};
    const built: Record<string, StageResult> = {};
    for (const [role, input] of Object.entries(stage.inputs)) {
      const source = sourceOf(input);
      if (source !== undefined) {
        const reference = opening.sources[source];
        if (reference) inputs[role] = reference;
        continue;
      }
      const from = madeBy(input);
      try {
        built[role] = await (pending.get(from.stage) as Promise<StageResult>);
      } catch (cause) {
        if (cause instanceof NotNeeded) {
          if (stage.optional?.includes(role)) continue;
          advance(stage.name, { status: "skipped", summary: cause.message });
          throw cause;
        }
        advance(stage.name, { status: "skipped", error: `${from.stage} did not come to be` });
        throw new Skipped(stage.name);
      }
      const made = from.role === undefined ? built[role].output : built[role].beside?.[from.role];
      if (made) inputs[role] = made;
    }
    return { inputs, built };
  }

  async function execute(stage: Stage, opening: OpenedRun, built: Record<string, StageResult>, call: StageCall) {
    advance(stage.name, { status: "running", attempt: 1 });
    const activities = proxyActivities<StageActivities>({
      taskQueue: stage.queue,
      ...retryOptions(stage.retry, opening.minutes[stage.name] ?? ERRAND_MINUTES),
      heartbeatTimeout: stage.heartbeatSeconds * 1000,
      // A cancelled stage is waited for, so that its worker is free and its checkpoint whole when the run is closed.
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      activityId: stage.name,
      summary: stage.summary(built),
    });
    return activities[stage.activity](call);
  }

  /** What a result says of the whole run becomes searchable. */
  function note(done: StageResult): void {
    if (done.output.kind === "model")
      upsertSearchAttributes([{ key: searchAttributes.model, value: done.output.sha256 }]);
    if (done.verdict) upsertSearchAttributes([{ key: searchAttributes.verdict, value: done.verdict.action }]);
  }
}

/** A stage that did not run because something it needs did not come to be: no failure of its own. */
class Skipped extends Error {}
/** A stage that was not needed, with its reason: neither it nor what depends on it has failed. */
class NotNeeded extends Skipped {}

function forcedStages(dag: Dag, run: RunInput): Set<string> {
  if (run.forceFrom === undefined) return new Set();
  const from = findStage(dag, run.forceFrom);
  if (from) return new Set(downstreamOf(dag, from.name));
  throw ApplicationFailure.nonRetryable(
    `${dag.name} has no stage ${run.forceFrom}. Its stages: ${dag.stages.map(({ name }) => name).join(", ")}.`,
    "InputError",
  );
}

/** The innermost message that people can act on. */
function causeOf(
  error: unknown,
  stage: Stage,
  kind: RunKind,
  minutes: number | undefined,
): { message: string; type: string } {
  const inner = error instanceof ActivityFailure && error.cause ? error.cause : error;
  if (inner instanceof TimeoutFailure) {
    const message =
      inner.timeoutType === "HEARTBEAT"
        ? `its worker on queue ${stage.queue} fell silent. See that it runs (haqei status) and what it said (haqei logs ${stage.queue}).`
        : `it did not end within its planned ${minutes} minutes. Raise ${kind}.stages["${stage.name}"] in the config, or see what it waits for.`;
    return { message, type: "TimeoutFailure" };
  }
  return {
    message: inner instanceof Error ? inner.message : String(inner),
    type:
      inner instanceof ApplicationFailure && inner.type ? inner.type : inner instanceof Error ? inner.name : "Error",
  };
}

function summarise(
  stages: StageProgress[],
  results: Map<string, StageResult>,
  opened: OpenedRun | undefined,
  elapsed: number,
): RunOutcome {
  const made = [...results.values()];
  const model = made.findLast(({ output }) => output.kind === "model");
  const verdict = made.findLast((one) => one.verdict)?.verdict;
  const metrics = Object.fromEntries(
    [...results].flatMap(([stage, { metrics }]) =>
      Object.entries(metrics).map(([name, value]) => [`${stage.replace(/^\d+:/, "")}.${name}`, value]),
    ),
  );
  return {
    stages,
    metrics,
    partial: opened?.partial ?? false,
    overran: opened !== undefined && elapsed > opened.windowMinutes * 60_000,
    ...(model
      ? {
          model: {
            sha256: model.output.sha256,
            bytes: model.output.bytes,
            rung: String(model.metrics.rung ?? "float32"),
          },
        }
      : {}),
    ...(verdict ? { verdict } : {}),
  };
}
