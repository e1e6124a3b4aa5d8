import { ApplicationFailure } from "@temporalio/common";
import { HaqeiError } from "#contracts/errors.ts";

/** An error as Temporal carries it: its stable name as the type, and message and hint together, for a person to act on. */
function failureOf(error: unknown): unknown {
  if (!(error instanceof HaqeiError)) return error;
  return ApplicationFailure.create({ message: `${error.message}. ${error.hint}`, type: error.name, cause: error });
}

/** Runs an activity's work so that what it throws has a stable name. */
export async function named<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failureOf(error);
  }
}
