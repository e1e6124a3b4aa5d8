import {
  type Context,
  context,
  isSpanContextValid,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { formatTraceparent, TRACEPARENT, type TraceContext } from "#contracts/trace.ts";

/** Name under which this project's spans are made. */
export const TRACER = "haqei";

/** Where the work under way stands in a trace; undefined where it is in none. */
export function activeTrace(): TraceContext | undefined {
  const span = trace.getSpanContext(context.active());
  if (span === undefined || !isSpanContextValid(span)) return undefined;
  return { traceId: span.traceId, spanId: span.spanId, sampled: (span.traceFlags & 1) === 1 };
}

/** The header that tells another process where it stands in the trace; nothing outside of one. */
export function traceHeaders(): Record<string, string> {
  const active = activeTrace();
  return active ? { [TRACEPARENT]: formatTraceparent(active) } : {};
}

/** Asks another process within a span of its own, where a trace is under way: a look that nobody's run asked for begins none. */
export async function traced<T>(name: string, ask: (span?: Span) => Promise<T>): Promise<T> {
  if (activeTrace() === undefined) return ask();
  return inSpan(name, { options: { kind: SpanKind.CLIENT } }, ask);
}

/** What something failed with, by name: messages may hold more than a trace should. */
export const errorName = (error: unknown): string => (error instanceof Error ? error.name : "Error");

/** Does work within a span of its own, below the one under way unless another context is named. */
export function inSpan<T>(
  name: string,
  within: { options: SpanOptions; context?: Context; nameOf?: (error: unknown) => string },
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const { options, context: above = context.active(), nameOf = errorName } = within;
  return trace.getTracer(TRACER).startActiveSpan(name, options, above, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: nameOf(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}
