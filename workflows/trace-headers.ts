import { defaultPayloadConverter, type Headers } from "@temporalio/common";
import { formatTraceparent, parseTraceparent, TRACEPARENT, type TraceContext } from "#contracts/trace.ts";

/** Where Temporal's headers say that a piece of work stands; undefined where they say nothing. */
export function traceIn(headers: Headers): TraceContext | undefined {
  const header = headers[TRACEPARENT];
  return header && parseTraceparent(String(defaultPayloadConverter.fromPayload(header)));
}

/** The headers of what is started from there. */
export const withTrace = (headers: Headers, from: TraceContext): Headers => ({
  ...headers,
  [TRACEPARENT]: defaultPayloadConverter.toPayload(formatTraceparent(from)),
});
