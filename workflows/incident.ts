import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  makeContinueAsNewFunc,
  patched,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from "@temporalio/workflow";
import type { Incident } from "#contracts/incident.ts";
import { Command } from "#contracts/rollout.ts";
import type { CallingSettings } from "#contracts/watch.ts";
import { incidentMessage } from "#policy/alerts/plan.ts";
import { responseDue } from "#policy/incidents.ts";
import { errand } from "./errand.ts";
import { incidentQuery, incidentUpdates, recoveredSignal, searchAttributes, seenSignal } from "./messages.ts";
import { send } from "./notify.ts";

export interface IncidentInput {
  incident: Incident;
  settings: CallingSettings;
  /** Of a run that goes on where another's history had grown long: when nobody will have answered in time. */
  carried?: { due: number };
}

/** Doublings of the time to answer, at most: who does not answer is called again, ever less often. */
const MOST_DOUBLINGS = 6;
const KEPT_NOTES = 100;

/**
 * From its opening until it is closed by proof of recovery or by a person. Who does not answer in the time of its level (specification
 * 8.1) is called again; what happened is kept.
 */
export async function incident({ incident: given, settings, carried }: IncidentInput): Promise<Incident> {
  const record: Incident = { ...given, timeline: [...given.timeline] };
  let version = carried ? 0 : 1;
  let kept = 0;
  // What the timer says, and not the clock, which after a worker's crash may stand otherwise when the same decision is replayed; the clock in
  // incidents that began so.
  const isByTimer = patched("due-by-timer");
  let isDue = false;
  let writes = 0;
  let due = carried?.due ?? responseDue(record.level, Date.now(), settings.incidents, settings.timezone);
  const change = (what: string, by?: Command): void => {
    record.timeline.push({ at: Date.now(), what, ...by });
    record.timeline.splice(0, record.timeline.length - KEPT_NOTES);
    version += 1;
  };
  const isWritten = (wanted: number) => condition(() => kept >= wanted);

  setHandler(incidentQuery, () => record, { description: "Level, cause, timeline, who answered, how it was closed" });
  setHandler(seenSignal, (again) => {
    if (again.id === record.id) return;
    change(`again: ${again.timeline.at(-1)?.what ?? again.cause}`);
  });
  setHandler(recoveredSignal, (proof) => {
    if (record.closed) return;
    change(`recovered: ${proof.metric} is ${proof.value}, measured on ${proof.n}`);
    record.closed = { at: Date.now(), proof };
  });
  const acts: Record<keyof typeof incidentUpdates, (by: Command) => void> = {
    ack: (by) => {
      change("acknowledged", by);
      record.acknowledged ??= { at: Date.now(), ...by };
    },
    note: (by) => change("noted", by),
    close: (by) => {
      change("closed by a person", by);
      record.closed = { at: Date.now(), ...by };
    },
  };
  for (const name of ["ack", "note", "close"] as const) {
    setHandler(
      incidentUpdates[name],
      async (by) => {
        acts[name](Command.parse(by));
        await isWritten(version);
        return record;
      },
      {
        validator: (by) => {
          const parsed = Command.safeParse(by);
          if (!parsed.success)
            throw ApplicationFailure.nonRetryable("a person and a reason are wanted, and no more", "InputError");
          if (record.closed) throw ApplicationFailure.nonRetryable("the incident is closed", "InputError");
        },
        description: `${name}, with person and reason`,
      },
    );
  }
  upsertSearchAttributes([{ key: searchAttributes.kind, value: "incident" }]);

  // An alert's own messages tell of it; of any other it tells itself.
  if (!carried && !record.byAlert) await tell("opened", "firing", given.timeline.at(-1)?.what ?? record.cause);
  for (;;) {
    show();
    if (kept < version) await write();
    else if (record.closed) break;
    else if (!record.acknowledged && (isByTimer ? isDue : Date.now() >= due)) await escalate();
    else await somethingHappens();
  }
  if (!record.byAlert || record.escalated) await tell("closed", "resolved", record.timeline.at(-1)?.what ?? "closed");
  await condition(allHandlersFinished);
  return record;

  async function write(): Promise<void> {
    const written = version;
    await errand({
      summary: `write incident ${record.cause} down`,
      activityId: `write ${isByTimer ? ++writes : Date.now()} ${written}`,
    }).keepIncident(record);
    kept = written;
  }

  async function escalate(): Promise<void> {
    isDue = false;
    record.escalated = (record.escalated ?? 0) + 1;
    change(`nobody answered in time: called again (${record.escalated})`);
    const next = responseDue(record.level, Date.now(), settings.incidents, settings.timezone);
    due = Date.now() + (next - Date.now()) * 2 ** Math.min(record.escalated, MOST_DOUBLINGS);
    await tell(`escalated-${record.escalated}`, "firing", `Nobody has answered incident ${record.cause}.`);
  }

  /** Sleeps until there is something to do; with a long history goes on in a new run. */
  async function somethingHappens(): Promise<void> {
    const happened = () => kept < version || workflowInfo().continueAsNewSuggested;
    if (record.acknowledged) await condition(happened);
    else isDue = !(await condition(happened, due - Date.now()));
    if (kept < version || !workflowInfo().continueAsNewSuggested) return;
    await condition(allHandlersFinished);
    if (kept === version)
      await makeContinueAsNewFunc<typeof incident>()({ incident: record, settings, carried: { due } });
  }

  async function tell(name: string, status: "firing" | "resolved", what: string): Promise<void> {
    const message = incidentMessage(record, { name, status, what, at: Date.now() }, settings);
    await send([message], settings.retry, `keep ${name}`);
  }

  function show(): void {
    const at = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace("T", " ");
    setCurrentDetails(
      [
        `Level ${record.level}, ${record.cause}, opened ${at(record.opened)} UTC.`,
        record.acknowledged ? `Answered by ${record.acknowledged.person}.` : `To be answered by ${at(due)} UTC.`,
        "",
        ...record.timeline
          .slice(-10)
          .map(
            ({ at: when, what, person, reason }) => `- ${at(when)} ${what}${person ? ` by ${person}: ${reason}` : ""}`,
          ),
      ].join("\n"),
    );
  }
}
