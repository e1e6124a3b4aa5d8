import { defineSearchAttributeKey, SearchAttributeType } from "@temporalio/common";
import { defineQuery, defineUpdate } from "@temporalio/workflow";
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

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);

/** What runs can be searched by in the Temporal UI. */
export const searchAttributes = {
  date: keyword("LogicalDate"),
  kind: keyword("RunKind"),
  stage: keyword("Stage"),
  model: keyword("ModelDigest"),
  verdict: keyword("Verdict"),
} as const;
