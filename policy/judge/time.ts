import type { StageEvidence } from "#contracts/judge.ts";
import type { Check } from "./check.ts";

/** Whether a stage has lasted its planned hours. */
export const ended = (stage: StageEvidence["stage"]): boolean =>
  stage !== undefined && stage.hours >= stage.plannedHours;

/** Holds before a stage's planned end. */
export const tooEarly: Check = ({ stage }) => (ended(stage) ? undefined : { action: "hold", reason: "too-early" });
