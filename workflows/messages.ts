import { defineSearchAttributeKey, SearchAttributeType } from "@temporalio/common";
import { defineQuery, defineSignal, defineUpdate } from "@temporalio/workflow";
import type { Incident, Proof } from "#contracts/incident.ts";
import type { Candidate, Command, CommandName, OfferState, Rollout } from "#contracts/rollout.ts";
import type { RunOutcome } from "#contracts/run.ts";

/** Where a run stands: every stage with state, seconds, attempt and result. Answers after it closed, too. */
export const progressQuery = defineQuery<RunOutcome>("progress");
/** What a run came to; undefined while it runs. */
export const resultQuery = defineQuery<RunOutcome | undefined>("result");

/** Where a rollout stands. Answers after it closed, too. */
export const rolloutQuery = defineQuery<Rollout>("rollout");
/** Another candidate for the rollout; sent with a start, it is how one begins. */
export const offerUpdate = defineUpdate<OfferState, [Candidate]>("offer");

const command = (name: CommandName) => defineUpdate<Rollout, [Command]>(name);
/** What a person may say to a rollout; each answers how it stands once it is done. */
export const commands: Record<CommandName, ReturnType<typeof command>> = {
  pause: command("pause"),
  resume: command("resume"),
  abort: command("abort"),
  promote: command("promote"),
  rollback: command("rollback"),
};

/** How an incident stands. Answers after it closed, too. */
export const incidentQuery = defineQuery<Incident>("incident");
/** What a person says of an incident; each answers how it stands once it is written down. */
export const incidentUpdates = {
  ack: defineUpdate<Incident, [Command]>("ack"),
  note: defineUpdate<Incident, [Command]>("note"),
  close: defineUpdate<Incident, [Command]>("close"),
};
/** That its cause was seen, in the words of the incident that would have begun; sent with a start as well. */
export const seenSignal = defineSignal<[Incident]>("seen");
/** That its cause is measured not to be so any more. */
export const recoveredSignal = defineSignal<[Proof]>("recovered");

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);

/** What runs can be searched by in the Temporal UI. */
export const searchAttributes = {
  date: keyword("LogicalDate"),
  kind: keyword("RunKind"),
  stage: keyword("Stage"),
  model: keyword("ModelDigest"),
  verdict: keyword("Verdict"),
} as const;
