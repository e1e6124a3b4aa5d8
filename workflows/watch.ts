import { WorkflowExecutionAlreadyStartedError } from "@temporalio/common";
import {
  getExternalWorkflowHandle,
  ParentClosePolicy,
  setCurrentDetails,
  sleep,
  startChild,
  WorkflowIdReusePolicy,
  workflowInfo,
} from "@temporalio/workflow";
import type { AlertAction, Samples } from "#contracts/alert.ts";
import { type Incident, incidentWorkflowId } from "#contracts/incident.ts";
import type { Addressed, CallingSettings, WatchPlan } from "#contracts/watch.ts";
import { errand, HEARTBEAT } from "./errand.ts";
import { incident } from "./incident.ts";
import { recoveredSignal, seenSignal } from "./messages.ts";
import { send } from "./notify.ts";

/** Measuring must not hold up the look: what did not answer by then is missing. */
const MEASURING = 30_000;
/** Going back takes as long as the edge takes to confirm it. */
const GOING_BACK = 3 * 60_000;

/**
 * One look at everything that is measured: rules are gone by, incidents begin and end, people are told, and what must not wait for people is
 * done. While a recovery wants closer watch it looks again, until its time is over.
 */
export async function watch(): Promise<{ looks: number }> {
  const since = workflowInfo().startTime.getTime();
  for (let look = 0; ; look += 1) {
    const samples = await errand({
      summary: "measure",
      activityId: `measure ${look}`,
      startToCloseTimeout: MEASURING,
      attempts: 1,
    })
      .measure()
      .catch((): Samples => ({}));
    const plan = await errand({ summary: "go by the alert rules", activityId: `rules ${look}` }).keepWatch({
      tick: `${workflowInfo().runId}/${look}`,
      samples,
      since,
    });
    setCurrentDetails(described(plan));
    await follow(plan, look);
    if (plan.again === null) return { looks: look + 1 };
    await sleep(plan.again);
  }
}

async function follow(plan: WatchPlan, look: number): Promise<void> {
  const { settings } = plan;
  const acts: Done[] = [];
  for (const act of plan.rollbacks) {
    const rollingBack = errand({
      summary: `auto_rollback: ${act.rule}`,
      activityId: `roll back ${act.episode}`,
      startToCloseTimeout: GOING_BACK,
      heartbeatTimeout: HEARTBEAT,
      attempts: 5,
    }).autoRollback(act);
    acts.push({ rule: act.rule, said: await rollingBack.catch(failed("auto_rollback")) });
  }
  for (const act of plan.retrains) {
    const starting = errand({
      summary: `emergency_retrain: ${act.rule}`,
      activityId: `retrain ${act.episode}`,
      attempts: 5,
    }).emergencyRetrain(act);
    acts.push({ rule: act.rule, said: await starting.catch(failed("emergency_retrain")) });
  }
  const done = acts.map(({ said }) => said);
  for (const one of plan.open) await begin(withDone(one, acts, plan.at), settings);
  for (const { cause, proof } of plan.recovered) {
    await getExternalWorkflowHandle(incidentWorkflowId(cause)).signal(recoveredSignal, proof).catch(quietly);
  }
  const messages = plan.messages.map(
    ({ notification, channels }): Addressed => ({ notification: { ...notification, done }, channels }),
  );
  await send(messages, settings.retry, `keep messages ${look}`);
  await errand({
    summary: "tell the dashboard",
    activityId: `tell ${look}`,
    startToCloseTimeout: 5000,
    attempts: 1,
  })
    .publishOperations(plan.status)
    .catch(quietly);
  if (plan.well)
    await errand({
      summary: "all is well: tell the check outside",
      activityId: `well ${look}`,
      startToCloseTimeout: 15_000,
      attempts: 2,
    })
      .deadMan()
      .catch(quietly);
}

/** What was done without people about the cause that a rule names. */
interface Done {
  rule: string;
  said: string;
}

/** What could not be done is said, and does not keep people from being told. */
const failed = (action: AlertAction) => (error: Error) =>
  `${action} could not act: ${error.cause instanceof Error ? error.cause.message : error.message}`;

/** What was done about its cause belongs to an incident. */
const withDone = (one: Incident, acts: readonly Done[], at: number): Incident => ({
  ...one,
  timeline: [...one.timeline, ...acts.filter(({ rule }) => rule === one.cause).map(({ said }) => ({ at, what: said }))],
});

/** Begins an incident, which goes on by itself; one that is open for the same cause hears that it happened again. */
async function begin(one: Incident, settings: CallingSettings): Promise<void> {
  const workflowId = incidentWorkflowId(one.cause);
  try {
    await startChild(incident, {
      workflowId,
      args: [{ incident: one, settings }],
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `incident: ${one.cause}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    await getExternalWorkflowHandle(workflowId).signal(seenSignal, one).catch(quietly);
  }
}

const described = ({ status, missing, gap }: WatchPlan): string =>
  [
    status.length === 0 ? "No alert fires." : "Alerts that fire:",
    ...status.map(({ name, level, value }) => `- ${name} (${level}): ${value ?? "not measured"}`),
    ...(missing.length === 0 ? [] : ["", `Not measured: ${missing.join(", ")}.`]),
    ...(gap === null ? [] : ["", `Nobody had watched for ${Math.round(gap / 1000)} s.`]),
  ].join("\n");

/** An incident that was closed meanwhile hears nothing; a dashboard that does not hear delays nothing. */
const quietly = (): undefined => undefined;
