import { ConflictError, InputError, NotFoundError } from "#contracts/errors.ts";
import { LoggedEvent } from "#contracts/event.ts";
import { type Experiment, ExperimentPlan, type ExperimentReport } from "#contracts/experiment.ts";
import type { Pointer } from "#contracts/pointer.ts";
import { jsonOrUndefined } from "#local/home.ts";
import type { Model } from "#model/model.ts";
import { createClassifier } from "#model/score.ts";
import { armData, reportExperiment, startFault } from "#policy/experiment.ts";
import { digestOf } from "#stores/digest.ts";
import type { EdgeClient } from "#stores/edge.ts";
import { putExperiment, readExperiments } from "#stores/experiments.ts";
import type { Registry } from "#stores/registry.ts";

export interface ExperimentNeeds {
  registry: Registry;
  edge: Pick<EdgeClient, "pointer" | "putPointer" | "events">;
  /** ms since 1970. */
  now: () => number;
}

/** Beyond any row: the log answers where it ends. */
const END = Number.MAX_SAFE_INTEGER;
const PAGE = 1000;

async function find(registry: Registry, name: string): Promise<Experiment> {
  const found = (await readExperiments(registry)).find(({ plan }) => plan.name === name);
  if (found) return found;
  throw new NotFoundError(`there is no experiment ${name}`, "`haqei experiment list` names them all.");
}

/** @throws InputError where the plan is none; ConflictError where its name is taken */
export async function createExperiment(
  { registry }: Pick<ExperimentNeeds, "registry">,
  plan: unknown,
): Promise<Experiment> {
  const parsed = ExperimentPlan.safeParse(plan);
  if (!parsed.success)
    throw new InputError(
      `the experiment is wrong: ${parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ")}`,
      "`haqei experiment create --help` says what belongs to one.",
    );
  const { name } = parsed.data;
  if ((await readExperiments(registry)).some((one) => one.plan.name === name))
    throw new ConflictError(`there is an experiment ${name}`, "Choose another name: what was tried stays on record.");
  const created: Experiment = { plan: parsed.data, state: "created" };
  await putExperiment(registry, created);
  return created;
}

/**
 * Gives the arms their users: freezes the plan by its digest and writes it into the pointer.
 * @throws ConflictError where a canary or another writer stands in its way
 */
export async function startExperiment({ registry, edge, now }: ExperimentNeeds, name: string): Promise<Experiment> {
  const created = await find(registry, name);
  const pointer = await served(edge);
  const fault = startFault(created, pointer);
  if (fault !== undefined)
    throw new ConflictError(`the experiment ${name} cannot start: ${fault}`, "Wait for it to end, or stop it first.");
  const { next: afterSeq } = await edge.events(END, 1);
  const { plan } = created;
  const running: Experiment = { plan, state: "running", frozen: digestOf(plan), startedAt: now(), afterSeq };
  await putExperiment(registry, running);
  try {
    const { salt, arms } = plan;
    await moved(edge, pointer, [...pointer.experiments, { name, salt, arms }]);
  } catch (error) {
    await putExperiment(registry, created);
    throw error;
  }
  return running;
}

/** Gives the arms' users back to the current model. Stopping twice is stopping. */
export async function stopExperiment(
  { registry, edge, now }: ExperimentNeeds,
  name: string,
  reason: string | undefined,
): Promise<Experiment> {
  const experiment = await find(registry, name);
  if (experiment.state === "created") throw new ConflictError(`the experiment ${name} was never started`, "Start it.");
  const pointer = await served(edge);
  const others = pointer.experiments.filter((one) => one.name !== name);
  if (others.length < pointer.experiments.length) await moved(edge, pointer, others);
  if (experiment.state === "stopped") return experiment;
  const stopped: Experiment = { ...experiment, state: "stopped", stoppedAt: now(), ...(reason ? { reason } : {}) };
  await putExperiment(registry, stopped);
  return stopped;
}

/**
 * What the event log says of the arms so far.
 * @param controlOf the control model, for the covariate
 * @throws ConflictError where the plan is not the one that was started
 */
export async function experimentReport(
  { registry, edge, now }: ExperimentNeeds,
  name: string,
  controlOf: (sha256: string) => Promise<Model>,
): Promise<ExperimentReport> {
  const experiment = await find(registry, name);
  const { plan, frozen, afterSeq = 0, stoppedAt } = experiment;
  if (experiment.state === "created") return reportExperiment(experiment, [], now());
  if (frozen !== digestOf(plan))
    throw new ConflictError(
      `the plan of ${name} was changed since it started`,
      "Stop it, and try anew under another name.",
    );
  const events = (await eventsAfter(edge, afterSeq)).filter(({ receivedAt }) => receivedAt <= (stoppedAt ?? now()));
  const { classify } = createClassifier(await controlOf((plan.arms[0] as (typeof plan.arms)[number]).sha256));
  const data = armData(plan, events, (text) => classify(text, { top: 1 }).confidence);
  return reportExperiment(experiment, data, now());
}

async function served(edge: ExperimentNeeds["edge"]): Promise<Pointer> {
  const pointer = await edge.pointer();
  if (pointer) return pointer;
  throw new NotFoundError("nothing is released yet", "Release a first model: haqei run daily.");
}

const moved = (edge: ExperimentNeeds["edge"], pointer: Pointer, experiments: Pointer["experiments"]): Promise<void> =>
  edge.putPointer({ ...pointer, epoch: pointer.epoch + 1, experiments }, pointer.epoch);

/** Well-formed events past a place in the log; the daily run counts the others. */
async function eventsAfter(edge: ExperimentNeeds["edge"], start: number): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  for (let after = start; ; ) {
    const { lines, next } = await edge.events(after, PAGE);
    for (const line of lines) {
      const event = LoggedEvent.safeParse(jsonOrUndefined(line));
      if (event.success) events.push(event.data);
    }
    if (next <= after) return events;
    after = next;
  }
}
