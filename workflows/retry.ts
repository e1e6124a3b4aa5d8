import type { ActivityOptions } from "@temporalio/workflow";

/**
 * Why a stage is tried again. One place decides it, by the stable names of `contracts/errors.ts`:
 * - wrong input never changes by waiting, so it is never tried again;
 * - a store or the edge that does not answer is tried with growing pauses until the stage's budget is spent;
 * - a stage that runs out of its time is tried once more: the total is two budgets.
 */
export type RetryClass = "reach" | "work";

const NEVER = [
  "InputError",
  "NonFiniteError",
  "NotFoundError",
  "DigestMismatchError",
  "DataGateError",
  "ReleaseError",
  "NotificationRefusedError",
  "BlessingError",
  // Programming errors: the same code meets the same end.
  "TypeError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "ZodError",
];

const CLASSES: Record<RetryClass, NonNullable<ActivityOptions["retry"]>> = {
  // Talks to a store or to the edge: soon at first, since most outages are a restart.
  reach: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "30s" },
  // Computes: a crash of its worker is met by resuming; what crashes five times is the work's own doing.
  work: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "10s", maximumAttempts: 5 },
};

/** Timeouts and retries of a stage from its planned minutes and retry class. */
export function retryOptions(
  retry: RetryClass,
  minutes: number,
): Pick<ActivityOptions, "startToCloseTimeout" | "scheduleToCloseTimeout" | "retry"> {
  const budget = minutes * 60_000;
  return {
    startToCloseTimeout: budget,
    scheduleToCloseTimeout: 2 * budget,
    retry: { ...CLASSES[retry], nonRetryableErrorTypes: NEVER },
  };
}
