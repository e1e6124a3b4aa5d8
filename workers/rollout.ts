import {
  type Client,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateStage,
} from "@temporalio/client";
import { admit } from "#activities/admit.ts";
import type { Dependencies } from "#activities/dependencies.ts";
import { readEvents } from "#activities/feedback.ts";
import { offerRollout } from "#activities/offer-rollout.ts";
import { goBack } from "#activities/roll-back.ts";
import { Traffic } from "#activities/traffic.ts";
import type { Config } from "#contracts/config.ts";
import { ConflictError, InputError, NotFoundError, NotReachableError } from "#contracts/errors.ts";
import type { JudgeVerdict } from "#contracts/judge.ts";
import type { Pointer } from "#contracts/pointer.ts";
import { type Command, type CommandName, type OfferState, ROLLOUT_ID, type Rollout } from "#contracts/rollout.ts";
import type { Endpoints } from "#local/home.ts";
import { type Traffic as Expected, type Feasibility, feasibility } from "#policy/feasibility.ts";
import { isOver } from "#policy/rollout.ts";
import type { EdgeClient } from "#stores/edge.ts";
import type { Registry } from "#stores/registry.ts";
import { addReleases } from "#stores/releases.ts";
import type { canaryRollout } from "#workflows/canary-rollout.ts";
import { commands, rolloutQuery } from "#workflows/messages.ts";
import { connectClient } from "./client.ts";

/** How a release stands: the pointer as the edge has it, and the latest rollout as Temporal has it. */
export interface ReleaseReport {
  current: Pointer["current"] | null;
  canary: Exclude<Pointer["canary"], undefined> | null;
  previous: Pointer["current"] | null;
  epoch: number;
  stage: { index: number; share: number; since: number; plannedHours: number | null; nextLook: number | null } | null;
  verdict: JudgeVerdict | null;
  /** Null where there never was one, or where Temporal does not answer. */
  rollout: Rollout | null;
}

/** Longest time that a rollout may take to say how it stands: to one who asks, and to one who takes a model back and is not kept waiting. */
const STATUS_SECONDS = 5;
const ROLLBACK_SECONDS = 2;
/** Longest time that a command waits for what it asks. */
const WAIT_MS = 60_000;
/** Events from which traffic is read, the last ones. */
const EVENTS = 5000;
const PAGE = 1000;

/** @throws NotReachableError where the edge does not answer; without Temporal the pointer is told all the same */
export async function reportRelease(edge: EdgeClient, endpoints: Endpoints): Promise<ReleaseReport> {
  const [pointer, rollout] = await Promise.all([edge.pointer(), rolloutAt(endpoints, STATUS_SECONDS)]);
  return reportOf(pointer, rollout);
}

function reportOf(pointer: Pointer | undefined, rollout: Rollout | undefined): ReleaseReport {
  const running = rollout !== undefined && !isOver(rollout);
  return {
    current: pointer?.current ?? null,
    canary: pointer?.canary ?? null,
    previous: pointer?.previous ?? null,
    epoch: pointer?.epoch ?? 0,
    stage: running && rollout.stage ? { ...rollout.stage, nextLook: rollout.nextLook ?? null } : null,
    verdict: rollout?.verdict ?? null,
    rollout: rollout ?? null,
  };
}

/** The latest rollout; undefined where there never was one. */
export async function readRollout(client: Client): Promise<Rollout | undefined> {
  try {
    return await client.workflow.getHandle<typeof canaryRollout>(ROLLOUT_ID).query(rolloutQuery);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** The same, and undefined where Temporal, or a worker of it, does not say so within these seconds. */
async function rolloutAt(endpoints: Endpoints, seconds: number): Promise<Rollout | undefined> {
  try {
    const client = await connectClient(endpoints, `${seconds}s`);
    try {
      return await client.withDeadline(Date.now() + seconds * 1000, () => readRollout(client));
    } finally {
      await client.connection.close();
    }
  } catch (error) {
    if (error instanceof NotReachableError || error instanceof ServiceError) return undefined;
    throw error;
  }
}

/**
 * Starts a rollout of a model that a person names, or has it wait. It gets the version that it had, where that is still ahead, else the
 * next by what it changes; the rollout checks what it breaks.
 * @throws InputError where nothing is released yet; NotFoundError where there is no such model
 */
export async function startRollout(
  needs: Pick<Dependencies, "edge" | "registry" | "artefacts" | "released"> & { endpoints: Endpoints; config: Config },
  sha256: string,
  { person, reason }: Command,
): Promise<OfferState> {
  const { edge, registry, artefacts, endpoints, config } = needs;
  const pointer = await edge.pointer();
  if (!pointer)
    throw new InputError("nothing is released yet", "The first model is released by a run: haqei run daily.");
  if (!(await artefacts.has({ sha256 })))
    throw new NotFoundError(`there is no model ${sha256.slice(0, 12)}`, "haqei status lists the runs' models.");
  const { record } = await admit(needs, sha256, pointer.current, config.distribute.acceptBreaking);
  // From here on the version is this model's, whatever is started while it waits.
  await addReleases(registry, [record]);
  const { version } = record;
  const client = await connectClient(endpoints);
  try {
    return await offerRollout(client, { sha256, version, person, reason });
  } finally {
    await client.connection.close();
  }
}

/**
 * Says something to the rollout and answers how it stands then.
 * @throws ConflictError where the rollout refuses; InputError where none runs; NotReachableError without Temporal, or where what was asked
 * is not done within a minute: it goes on
 */
export async function tellRollout(endpoints: Endpoints, name: CommandName, by: Command): Promise<Rollout> {
  const client = await connectClient(endpoints);
  try {
    const update = await client.workflow
      .getHandle<typeof canaryRollout>(ROLLOUT_ID)
      .startUpdate(commands[name], { args: [by], waitForStage: WorkflowUpdateStage.ACCEPTED });
    return await Promise.race([update.result(), tooLong(name)]);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError)
      throw new InputError("no rollout runs", "haqei release start --model SHA --reason TEXT starts one.", {
        cause: error,
      });
    if (error instanceof WorkflowUpdateFailedError)
      throw new ConflictError(
        error.cause?.message ?? `${name} was refused`,
        "haqei release status says how it stands.",
        {
          cause: error,
        },
      );
    throw error;
  } finally {
    await client.connection.close();
  }
}

async function tooLong(name: string): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, WAIT_MS).unref());
  throw new NotReachableError(
    `${name} was taken, but is not done after ${WAIT_MS / 1000} s`,
    "It goes on by itself as soon as the edge answers: haqei release status.",
  );
}

/**
 * Goes back: through the rollout where one runs, else straight by the pointer, which also works while Temporal or its workers are down. Answers how long
 * it took until the edge had confirmed it.
 */
export async function rollBackRelease(
  needs: { edge: EdgeClient; registry: Registry; endpoints: Endpoints; config: Config },
  by: Command,
  model?: string,
): Promise<{ seconds: number; direct: boolean }> {
  const { edge, registry, endpoints, config } = needs;
  const at = Date.now();
  const rollout = await rolloutAt(endpoints, ROLLBACK_SECONDS);
  if (rollout && !isOver(rollout) && (model === undefined || model === rollout.candidate.sha256)) {
    const after = await tellRollout(endpoints, "rollback", by);
    return { seconds: after.rolledBack?.seconds ?? (Date.now() - at) / 1000, direct: false };
  }
  const { seconds } = await goBack(
    { edge, registry, now: Date.now },
    {
      cause: by.reason,
      person: by.person,
      at,
      looks: config.release.health.looks,
      ...(model ? { model } : {}),
    },
  );
  return { seconds, direct: true };
}

/** When each stage of a rollout is expected to be decided, from the traffic of the last events. */
export async function planRelease(
  edge: EdgeClient,
  { release, preprocess }: Config,
): Promise<{ traffic: Expected; plan: Feasibility }> {
  const { next: end } = await edge.events(Number.MAX_SAFE_INTEGER, 1);
  const lines: string[] = [];
  for (let after = Math.max(0, end - EVENTS); after < end; ) {
    const page = await edge.events(after, PAGE);
    if (page.lines.length === 0) break;
    lines.push(...page.lines);
    after = page.next;
  }
  const { events } = readEvents(lines, Number.POSITIVE_INFINITY, preprocess.maximumEventBytes);
  const seen = new Traffic(preprocess.weights);
  seen.add(events);
  const traffic = seen.expected(undefined, release);
  return { traffic, plan: feasibility(traffic, release) };
}
