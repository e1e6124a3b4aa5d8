import { ApplicationFailure } from "@temporalio/workflow";
import { RunInput } from "#contracts/run.ts";

/** What a person typed in the Temporal UI, with defaults filled in. Fails the run, once, with every fault named. */
export function parseRunInput(given: unknown): RunInput {
  const parsed = RunInput.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "the input"}: ${message}`);
  throw ApplicationFailure.nonRetryable(
    `the run's input is wrong: ${faults.join("; ")}. It is like {"kind": "daily", "date": "2026-11-03", "seed": 384}`,
    "InputError",
  );
}
