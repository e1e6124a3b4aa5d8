import type { RunCost } from "#contracts/cost.ts";
import type { RunReport } from "#contracts/run.ts";

/** What a run took, in all and by stage: what came from an earlier run took nothing but the look for it. */
export function runCost({ workflowId, stages, actions = 0 }: RunReport): RunCost {
  const parts = stages.map(({ name, status, cpuSeconds = 0, output, actions = 0 }) => ({
    name,
    cpuSeconds,
    bytes: status === "ran" ? (output?.bytes ?? 0) : 0,
    actions,
  }));
  const sum = (of: (part: (typeof parts)[number]) => number): number =>
    parts.reduce((total, part) => total + of(part), 0);
  return {
    workflowId,
    cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds),
    bytes: sum(({ bytes }) => bytes),
    actions,
    stages: parts,
  };
}
