/** Where a piece of work stands in a trace: W3C Trace Context, § 3.2. Ids are lower-case hex. */
export interface TraceContext {
  traceId: string;
  spanId: string;
  sampled: boolean;
}

/** Name of the HTTP header and of Temporal's, which carries it as JSON text. */
export const TRACEPARENT = "traceparent";

const FORM = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const isZero = (id: string): boolean => /^0+$/.test(id);

export const formatTraceparent = ({ traceId, spanId, sampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;

/** Undefined where it is no valid `traceparent` (§ 3.2.2): a trace is then begun anew. */
export function parseTraceparent(text: string): TraceContext | undefined {
  const [, traceId, spanId, flags, rest] = FORM.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (isZero(traceId) || isZero(spanId) || (rest !== undefined && text.startsWith("00"))) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/**
 * The trace of a workflow that nobody's trace led to, and its own span: both are its run id (a UUID), so that whoever knows a run
 * finds its trace, and a replay comes to the same ids without drawing any.
 */
export function traceOfRun(runId: string): TraceContext {
  const traceId = runId.replaceAll("-", "").toLowerCase();
  return { traceId, spanId: traceId.slice(16), sampled: true };
}

/** A workflow's span, as it leaves the sandbox. Times in ms since 1970. */
export interface RunSpan extends TraceContext {
  name: string;
  parentSpanId?: string;
  start: number;
  end: number;
  /** Name of what it failed with. */
  error?: string;
  attributes: Readonly<Record<string, string>>;
}
