import { defineSearchAttributeKey, SearchAttributeType } from "@temporalio/common";
import { defineQuery } from "@temporalio/workflow";
import type { RunOutcome } from "#contracts/run.ts";

/** Where a run stands: every stage with state, seconds, attempt and result. Answers after it closed, too. */
export const progressQuery = defineQuery<RunOutcome>("progress");
/** What a run came to; undefined while it runs. */
export const resultQuery = defineQuery<RunOutcome | undefined>("result");

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);

/** What runs can be searched by in the Temporal UI. */
export const searchAttributes = {
  date: keyword("LogicalDate"),
  kind: keyword("RunKind"),
  stage: keyword("Stage"),
  model: keyword("ModelDigest"),
  verdict: keyword("Verdict"),
} as const;
