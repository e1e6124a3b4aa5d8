import type { ReleaseConfig } from "#contracts/config.ts";
import type { Candidate, CommandName, Rollout } from "#contracts/rollout.ts";
import { hoursOf } from "./duration.ts";

/** A stage as it is planned; at 0% the candidate is a shadow. */
type PlannedStage = ReleaseConfig["stages"][number];

/**
 * All stages of a rollout in order. What is urgent or goes to everybody at once has no shadow, nor has a policy that was frozen before there
 * were any.
 */
export function stagesOf(
  { shadow, stages }: Pick<ReleaseConfig, "stages"> & Partial<ReleaseConfig>,
  { urgent }: Pick<Candidate, "urgent"> = {},
): PlannedStage[] {
  const [first] = stages;
  if (urgent || !shadow?.sample || first === undefined || first.percentage === 100) return stages;
  const seconds = (hoursOf(first.duration) * SECONDS_AN_HOUR) / 3;
  const duration = shadow.duration ?? `${Number(seconds.toPrecision(6))}s`;
  return [{ percentage: 0, duration }, ...stages];
}

/** What people call a stage. */
export const stageName = (percentage: number): string => (percentage === 0 ? "shadow" : `${percentage}%`);
/** The same of a share from 0 to 1. */
export const shareName = (share: number): string => stageName(Number((share * 100).toFixed(2)));
/** Where a rollout is. */
export const placeOf = (share: number): string => (share === 0 ? "in shadow" : `at ${shareName(share)}`);

const SECONDS_AN_HOUR = 3600;

/** What a stage must have shown before a person may take it further: until then nothing speaks for or against the canary. */
const NO_EVIDENCE = ["no-data", "no-stage", "no-assignment", "sample-ratio", "too-early"];

const OVER = ["released", "rolled-back", "aborted", "withdrawn", "refused"];

export const isOver = ({ state }: Pick<Rollout, "state">): boolean => OVER.includes(state);

/**
 * Why a rollout refuses a person's command, in words; undefined where it takes it. A person may decide what the evidence leaves open,
 * never what it forbids; once the rollout has asked for a decision, any.
 */
export function refusalOf(command: CommandName, rollout: Rollout): string | undefined {
  const { state, verdict } = rollout;
  if (isOver(rollout)) return `the rollout is over: ${state}`;
  if (state === "rolling-back") return "it is going back already";
  switch (command) {
    case "pause":
      return state === "paused" ? "it is paused already" : undefined;
    case "resume":
      return state === "paused" ? undefined : `it is not paused: ${state}`;
    case "abort":
    case "rollback":
      return undefined;
    case "promote":
      if (state === "awaiting-approval") return undefined;
      if (state === "paused") return "it is paused: resume it first";
      if (state === "closed") return "the freeze calendar is closed: wait until it opens";
      if (state === "opening" || state === "switching") return "a switch is under way: wait for its first look";
      if (verdict === undefined) return "nothing was looked at in this stage yet";
      if (verdict.action === "rollback" || verdict.action === "freeze")
        return `the evidence speaks against it: ${verdict.reason}`;
      if (NO_EVIDENCE.includes(verdict.reason)) return `there is no evidence yet: ${verdict.reason}`;
      return undefined;
  }
}
