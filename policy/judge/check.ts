import type { ReleaseConfig } from "#contracts/config.ts";
import type { JudgeReason } from "#contracts/judge.ts";
import type { Verdict } from "#contracts/verdict.ts";
import type { Facts } from "./facts.ts";

/** What a check found, and why; undefined where it finds nothing to say. */
export type Finding = { action: Verdict["action"]; reason: JudgeReason } | undefined;

/** One question to the facts. Each asks "is it shown": a number that is not there, or not a number, shows nothing. */
export type Check = (facts: Facts, policy: ReleaseConfig) => Finding;
