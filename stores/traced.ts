import { context, isSpanContextValid, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { formatTraceparent, TRACEPARENT, type TraceContext } from "#contracts/trace.ts";

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
  return trace.getTracer("haqei").startActiveSpan(name, { kind: SpanKind.CLIENT }, async (span) => {
    try {
      return await ask(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : "Error" });
      throw error;
    } finally {
      span.end();
    }
  });
}
