import {
  ActivityFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  makeContinueAsNewFunc,
  patched,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from "@temporalio/workflow";
import type { StageEvidence } from "#contracts/judge.ts";
import type { Candidate, Command, Looked, OpenedRollout, Rollout, RolloutState } from "#contracts/rollout.ts";
import { hoursOf } from "#policy/duration.ts";
import { closedAt } from "#policy/freeze-calendar.ts";
import { placeOf, shareName, stageName, stagesOf } from "#policy/rollout.ts";
import { errand, HEARTBEAT, persistentErrand } from "./errand.ts";
import { searchAttributes } from "./messages.ts";
import { openDesk } from "./rollout-desk.ts";
import { rolloutDetails, statusOf } from "./rollout-details.ts";

export interface RolloutInput {
  candidate: Candidate;
  /** What a run hands on to the next where its history has grown long. */
  carried?: { rollout: Rollout; opened: OpenedRollout; earlier: StageEvidence[]; told: string[] };
}

const HOUR = 3_600_000;
/** Looks and notes that are kept. */
const KEPT = 50;

/** Why a rollout ends before its last stage. */
class Ended extends Error {
  readonly state: RolloutState;
  override readonly cause: string;
  /** When it was decided. */
  readonly at: number;
  readonly by: Command | undefined;
  constructor(state: RolloutState, cause: string, at: number, by?: Command) {
    super(cause);
    this.state = state;
    this.cause = cause;
    this.at = at;
    this.by = by;
  }
}

/**
 * Takes a candidate to users (specification 2.2): unseen beside the current model first (unless it is urgent), then 5%, 25%, 50%, 100%, each share for its planned time at least. Looks at the evidence on
 * a timer; only evidence, or a person, takes it further, and never time alone; a stage that stays undecided asks a person. What speaks
 * against it takes it back. Then comes the candidate that waits, if any.
 */
export async function canaryRollout(input: RolloutInput): Promise<Rollout> {
  const { carried } = input;
  const rollout: Rollout = carried?.rollout ?? {
    candidate: input.candidate,
    state: "opening",
    looks: [],
    history: [],
  };
  const { candidate } = rollout;
  const told = new Set(carried?.told);
  const earlier = carried?.earlier ?? [];
  let evidence: StageEvidence = {};
  let opened = carried?.opened;
  /** Users may have it. */
  let shared = carried !== undefined;
  const desk = openDesk(rollout, note);
  // By the count of errands, since after a worker's crash the clock may stand otherwise when the same decision is replayed; by the clock in
  // rollouts that began so.
  const isCounted = patched("errands-by-count");
  let errands = 0;
  const another = (): number => (isCounted ? ++errands : Date.now());
  upsertSearchAttributes([
    { key: searchAttributes.kind, value: "rollout" },
    { key: searchAttributes.model, value: candidate.sha256 },
  ]);

  try {
    opened ??= await open();
    const { policy, timezone } = opened;
    if (!carried && policy.approval) await approval();
    for (;;) {
      if (rollout.stage && rollout.stage.share < 1) await watch(opened);
      const index = rollout.stage ? rollout.stage.index + 1 : 0;
      const stage = stagesOf(policy, candidate)[index];
      if (rollout.stage) earlier.push(evidence);
      if (stage === undefined) break;
      await calendarOpens(opened, timezone);
      await enter(index, stage.percentage, stage.duration, opened);
    }
    rollout.state = "released";
    note(`released: all users have it`);
    await errand({
      summary: `answer likely queries by ${candidate.version} beforehand`,
      activityId: "settle",
      attempts: 3,
    })
      .settleRelease(candidate)
      .catch(quietly);
  } catch (error) {
    await ending(error);
  }
  delete rollout.nextLook;
  await tell();
  await condition(allHandlersFinished);
  if (rollout.waiting) await makeContinueAsNewFunc<typeof canaryRollout>()({ candidate: rollout.waiting });
  return rollout;

  async function open(): Promise<OpenedRollout> {
    const opened = await errand({
      summary: `open the rollout of ${candidate.version}`,
      activityId: "open",
    }).openRollout(candidate);
    if (opened.refused) throw new Ended("refused", opened.refused, Date.now());
    return opened;
  }

  async function approval(): Promise<void> {
    await standing("awaiting-approval");
    await condition(() => desk.promoted || desk.stop !== undefined);
    unlessStopped();
    desk.promoted = false;
  }

  /** Waits while the calendar is closed; going back is possible all the time. */
  async function calendarOpens({ policy }: OpenedRollout, timezone: string): Promise<void> {
    for (;;) {
      const closed = closedAt(Date.now(), policy.freeze, timezone);
      if (closed === undefined) return unlessStopped();
      if (rollout.state !== "closed") note(`waits: ${closed}`);
      await standing("closed");
      await condition(() => desk.stop !== undefined, HOUR / 4);
      unlessStopped();
    }
  }

  /** Gives the candidate its next share, and has the edge prove that it serves it well; else it goes back. */
  async function enter(
    index: number,
    percentage: number,
    duration: string,
    { policy, confirmSeconds, cacheInvalidation }: OpenedRollout,
  ): Promise<void> {
    await standing("switching");
    shared = true;
    const name = stageName(percentage);
    const inShadow = percentage === 0;
    const switched = await errand({
      summary: inShadow ? `have ${candidate.version} answer unseen` : `give ${candidate.version} to ${name}`,
      activityId: `share ${name}`,
    }).setShare({
      candidate,
      percentage,
      first: index === 0,
      ...(inShadow ? { sample: policy.shadow.sample } : {}),
      ...(cacheInvalidation ? { cacheInvalidation } : {}),
    });
    if (switched.withdrawn)
      throw new Ended("withdrawn", "the canary was taken away behind the rollout's back", Date.now());
    unlessStopped();
    const hours = hoursOf(duration);
    rollout.stage = {
      index,
      share: percentage / 100,
      epoch: switched.epoch,
      since: Date.now(),
      plannedHours: Number.isFinite(hours) ? hours : null,
      afterSeq: switched.afterSeq,
    };
    if (rollout.stage.share < 1) delete rollout.verdict;
    evidence = {};
    if (inShadow) {
      rollout.shadowEpoch = switched.epoch;
      note(`answers unseen beside the current model for ${policy.shadow.sample * 100}% of people`);
      return;
    }
    const health = await errand({
      summary: `does the edge serve ${candidate.version} well at ${name}?`,
      activityId: `health ${name}`,
      startToCloseTimeout: confirmSeconds * 1000 + 60_000,
      heartbeatTimeout: HEARTBEAT,
    }).checkHealth({
      sha256: candidate.sha256,
      epoch: switched.epoch,
      queries: policy.health.queries,
      seconds: confirmSeconds,
    });
    if (!health.ok) throw new Ended("rolled-back", `health check at ${name}: ${health.failed ?? "failed"}`, Date.now());
    note(
      `${name}: ${health.equal} golden queries answered alike, ${health.operations} operations at most, after ${health.seconds.toFixed(1)} s`,
    );
    unlessStopped();
  }

  /** Looks at the evidence until it, or a person, takes the stage further. */
  async function watch(opened: OpenedRollout): Promise<void> {
    const { policy } = opened;
    await standing(desk.paused ? "paused" : "watching");
    for (;;) {
      await untilNextLook(hoursOf(policy.lookEvery) * HOUR);
      if (desk.promoted) {
        desk.promoted = false;
        return;
      }
      const { verdict, withdrawn } = await looked(opened);
      unlessStopped();
      if (withdrawn) throw new Ended("withdrawn", "the canary was taken away behind the rollout's back", Date.now());
      if (verdict.action === "rollback") throw new Ended("rolled-back", verdict.reason, Date.now());
      if (verdict.action === "freeze") await ask("release-frozen", 3, `both arms are bad: ${verdict.reason}`);
      if (verdict.reason === "ask-a-person")
        await ask(
          "release-undecided",
          2,
          `undecided by ${verdict.evidence["undecided_by"] ?? "the evidence"}: promote it or abort it`,
        );
      if (verdict.action === "promote" && !desk.paused) return;
      await standing(desk.paused ? "paused" : verdict.action === "freeze" ? "frozen" : "watching");
      await onwards(opened);
    }
  }

  /** Sleeps until the next look, or until the stage's planned end where that is sooner; a command wakes it. */
  async function untilNextLook(every: number): Promise<void> {
    const { since, plannedHours } = rollout.stage ?? { since: 0, plannedHours: null };
    const left = since + (plannedHours ?? 0) * HOUR - Date.now();
    const wait = left > 0 ? Math.min(every, left) : every;
    rollout.nextLook = Date.now() + wait;
    show();
    const { paused } = desk;
    await condition(() => desk.stop !== undefined || desk.promoted || desk.paused !== paused, wait);
    unlessStopped();
  }

  /** One look, written down. Where the edge does not answer there is no evidence, and no evidence holds. */
  async function looked({ policy, policyDigest }: OpenedRollout): Promise<Looked> {
    const { stage } = rollout;
    if (stage === undefined) throw new TypeError("there is no stage to look at");
    const hours = (Date.now() - stage.since) / HOUR;
    const number = rollout.looks.length;
    let found: Looked;
    try {
      found = await errand({
        summary: `look at ${candidate.version} ${placeOf(stage.share)}`,
        activityId: `look ${stage.index} ${another()}`,
        heartbeatTimeout: HEARTBEAT,
      }).look({
        candidate,
        policy,
        policyDigest,
        stage,
        hours,
        ...(rollout.shadowEpoch === undefined ? {} : { shadowEpoch: rollout.shadowEpoch }),
        earlier,
      });
    } catch (error) {
      if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
      note(`no look: ${error.cause?.message ?? error.message}`);
      found = {
        verdict: { action: "hold", reason: "no-data", evidence: {}, policyDigest },
        evidence: {},
        withdrawn: false,
      };
    }
    evidence = found.evidence;
    const { verdict } = found;
    const before = rollout.verdict;
    rollout.verdict = verdict;
    const { canary, stable, accuracy } = evidence;
    rollout.looks.push({
      at: Date.now(),
      share: stage.share,
      action: verdict.action,
      reason: verdict.reason,
      canary: { users: canary?.users ?? 0, usersWithError: canary?.usersWithError ?? 0 },
      stable: { users: stable?.users ?? 0, usersWithError: stable?.usersWithError ?? 0 },
      pairs: accuracy?.n ?? 0,
    });
    rollout.looks.splice(0, rollout.looks.length - KEPT);
    if (before?.reason !== verdict.reason) note(`${shareName(stage.share)}: ${verdict.action}, ${verdict.reason}`);
    if (before?.action !== verdict.action || number === 0)
      upsertSearchAttributes([{ key: searchAttributes.verdict, value: verdict.action }]);
    return found;
  }

  /** Calls a person, once for each cause in a stage. */
  async function ask(cause: string, level: 2 | 3, what: string): Promise<void> {
    const id = `${cause}-${candidate.sha256.slice(0, 12)}-${rollout.stage?.epoch}`;
    if (told.has(id)) return;
    told.add(id);
    note(`a person is asked: ${what}`);
    await incident(id, cause, level, what);
  }

  async function incident(id: string, cause: string, level: 2 | 3, what: string): Promise<void> {
    const at = Date.now();
    await errand({ summary: `open an incident: ${cause}`, activityId: `incident ${id}` })
      .openIncident({ id, cause, level, opened: at, timeline: [{ at, what: `${candidate.version}: ${what}` }] })
      .catch(quietly);
  }

  /** Ends it: what users have of it is taken back, however long the edge may be away. */
  async function ending(error: unknown): Promise<void> {
    const end = endOf(error);
    if (end.state === "refused" || end.state === "withdrawn") {
      rollout.state = end.state;
      note(`${end.state}: ${end.cause}`);
      return;
    }
    await CancellationScope.nonCancellable(async () => {
      await standing("rolling-back");
      note(`goes back: ${end.cause}`);
      if (shared || desk.stop) {
        rollout.rolledBack = await persistentErrand({
          summary: `take ${candidate.version} back`,
          activityId: "roll back",
        }).rollBack({
          model: candidate.sha256,
          cause: end.cause,
          at: end.at,
          looks: opened?.policy.health.looks ?? 1,
          ...(opened?.readings ? { readings: opened.readings } : {}),
          ...(opened?.migrated?.length ? { migrated: opened.migrated } : {}),
          ...(end.by ? { person: end.by.person } : {}),
        });
        note(`gone back in ${rollout.rolledBack.seconds.toFixed(2)} s`);
      }
      rollout.state = end.state;
      if (end.state === "rolled-back")
        await incident(
          `release-rolled-back-${candidate.sha256.slice(0, 12)}-${end.at}`,
          "release-rolled-back",
          3,
          end.cause,
        );
    });
  }

  function endOf(error: unknown): Ended {
    if (error instanceof Ended) return error;
    if (isCancellation(error)) return new Ended("aborted", "the workflow was cancelled", Date.now());
    if (error instanceof ActivityFailure)
      return new Ended("rolled-back", `an errand failed: ${error.cause?.message ?? error.message}`, Date.now());
    throw error;
  }

  function unlessStopped(): void {
    const { stop } = desk;
    if (!stop) return;
    const { how, at, person, reason } = stop;
    throw new Ended(how === "abort" ? "aborted" : "rolled-back", `${how} by ${person}: ${reason}`, at, {
      person,
      reason,
    });
  }

  /** Goes on in a new run where the history has grown long, with nobody waiting for an answer. */
  async function onwards(opened: OpenedRollout): Promise<void> {
    if (!workflowInfo().continueAsNewSuggested) return;
    await condition(allHandlersFinished);
    unlessStopped();
    await makeContinueAsNewFunc<typeof canaryRollout>()({
      candidate,
      carried: { rollout, opened, earlier, told: [...told] },
    });
  }

  function note(what: string, by?: Command): void {
    rollout.history.push({ at: Date.now(), what, ...by });
    rollout.history.splice(0, rollout.history.length - KEPT);
  }

  function show(): void {
    setCurrentDetails(rolloutDetails(rollout));
  }

  async function standing(state: RolloutState): Promise<void> {
    const before = rollout.state;
    rollout.state = state;
    show();
    if (before !== state && state !== "rolling-back") await tell();
  }

  /** The edge's dashboard is told; one that does not hear it delays nothing. */
  async function tell(): Promise<void> {
    show();
    await errand({
      summary: `tell the dashboard: ${rollout.state}`,
      activityId: `tell ${rollout.state} ${rollout.history.length} ${another()}`,
      startToCloseTimeout: 5000,
      attempts: 1,
    })
      .publishStatus(statusOf(rollout))
      .catch(quietly);
  }
}

/** What is only told may fail; a cancel is heard elsewhere. */
const quietly = (): undefined => undefined;
