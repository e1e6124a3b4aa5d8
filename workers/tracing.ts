import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Context,
  type ContextManager,
  context,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { Resource } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor, type ReadableSpan } from "@opentelemetry/sdk-trace-base";
import type { RunSpan, TraceContext } from "#contracts/trace.ts";
import { inSpan, TRACER } from "#stores/traced.ts";

/** A collector that is away delays the end of a process by no more. */
const EXPORT_TIMEOUT_MS = 2000;

export interface Tracing {
  /** Takes in the span of a workflow, which was measured in its sandbox. */
  ended(span: RunSpan): void;
  /** Sends what was not sent yet. Never throws: a trace is no part of the work. */
  stop(): Promise<void>;
}

/** Keeps the active span over `await`; the API's own keeps none. */
class AsyncContext implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  active = (): Context => this.#storage.getStore() ?? ROOT_CONTEXT;
  with: ContextManager["with"] = (within, work, self, ...args) =>
    this.#storage.run(within, () => work.call(self as never, ...args));
  bind = <T>(within: Context, target: T): T =>
    typeof target === "function" ? (((...args: unknown[]) => this.with(within, () => target(...args))) as T) : target;
  enable = (): this => this;
  disable = (): this => this;
}

/**
 * Makes this process part of traces, once. Without an address nothing is sent, but ids are carried all the same: from a run to
 * its log lines and to the edge's audit.
 *
 * @param url OTLP over HTTP, `…/v1/traces`
 * @param warn hears of spans that could not be sent
 */
export function startTracing(service: string, url: string | undefined, warn: (message: string) => void): Tracing {
  context.setGlobalContextManager(new AsyncContext());
  if (url === undefined) return { ended: () => undefined, stop: async () => undefined };
  diag.setLogger(
    { error: warn, warn, info: () => undefined, debug: () => undefined, verbose: () => undefined },
    DiagLogLevel.WARN,
  );
  const resource = new Resource({ "service.name": "haqei", "service.instance.id": service });
  const processor = new BatchSpanProcessor(new OTLPTraceExporter({ url, timeoutMillis: EXPORT_TIMEOUT_MS }));
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
  trace.setGlobalTracerProvider(provider);
  return {
    ended: (span) => processor.onEnd(readable(span, resource)),
    async stop() {
      trace.disable();
      await provider.shutdown().catch((error: unknown) => warn(`spans were not sent: ${error}`));
    },
  };
}

const hrTime = (ms: number): [number, number] => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];

function readable(
  { name, traceId, spanId, sampled, parentSpanId, start, end, error, attributes }: RunSpan,
  resource: Resource,
): ReadableSpan {
  return {
    name,
    kind: SpanKind.INTERNAL,
    spanContext: () => ({ traceId, spanId, traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE }),
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    startTime: hrTime(start),
    endTime: hrTime(end),
    duration: hrTime(end - start),
    status: error === undefined ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: error },
    attributes,
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationLibrary: { name: TRACER },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** The context below a span of elsewhere; a trace begins where there is none. */
export const contextBelow = (above: TraceContext | undefined): Context =>
  above === undefined
    ? ROOT_CONTEXT
    : trace.setSpanContext(ROOT_CONTEXT, {
        traceId: above.traceId,
        spanId: above.spanId,
        traceFlags: above.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
        isRemote: true,
      });

/** Does a person's command as the root of a trace, and sends it before the process ends. */
export async function withinTrace<T>(
  name: string,
  url: string,
  warn: (message: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const tracing = startTracing("cli", url, warn);
  try {
    return await inSpan(name, { options: { root: true } }, work);
  } finally {
    await tracing.stop();
  }
}
