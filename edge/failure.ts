import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ErrorAnswer } from "#contracts/http.ts";
import { HttpError } from "./http-error.ts";

export interface Failure {
  status: ContentfulStatusCode;
  answer: ErrorAnswer;
  headers: Record<string, string>;
}

/** What is answered where something was thrown: on purpose, it says what; else it is ours, and only the log learns more. */
export function failureOf(error: unknown): Failure {
  if (error instanceof HttpError) return { status: error.status, answer: error.answer(), headers: error.headers };
  console.error("a request failed", error);
  const answer = { error: { name: "InternalError", message: "the edge failed; the log says why" } };
  return { status: 500, answer, headers: {} };
}
