import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

const Value = z.object({
  stringValue: z.string().optional(),
  intValue: z.union([z.number(), z.string()]).optional(),
});
const Span = z.object({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z.string().optional(),
  name: z.string(),
  startTimeUnixNano: z.string(),
  endTimeUnixNano: z.string(),
  attributes: z.array(z.object({ key: z.string(), value: Value })),
  status: z.object({ code: z.number().optional(), message: z.string().optional() }),
});
/** `ExportTraceServiceRequest` of OTLP 1, in JSON. */
const Request = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(z.object({ key: z.string(), value: Value })) }),
      scopeSpans: z.array(z.object({ spans: z.array(Span) })),
    }),
  ),
});

export interface ReceivedSpan {
  service: string;
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  attributes: Record<string, string>;
  error: string | undefined;
  seconds: number;
}

const plain = (attributes: z.infer<typeof Span>["attributes"]): Record<string, string> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, String(value.stringValue ?? value.intValue ?? "")]));

/** A collector of traces: OTLP over HTTP on a free port. What has another shape is answered 400 and told by `faults`. */
export async function otlpReceiver() {
  const spans: ReceivedSpan[] = [];
  const faults: string[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const read = Request.safeParse(JSON.parse(Buffer.concat(parts).toString("utf8")));
    if (!read.success || request.url !== "/v1/traces") faults.push(`${request.url}: ${read.error?.message}`);
    for (const { resource, scopeSpans } of read.data?.resourceSpans ?? [])
      for (const span of scopeSpans.flatMap((scope) => scope.spans))
        spans.push({
          service: plain(resource.attributes)["service.instance.id"] ?? "",
          traceId: span.traceId,
          spanId: span.spanId,
          parentSpanId: span.parentSpanId || undefined,
          name: span.name,
          attributes: plain(span.attributes),
          error: span.status.code === 2 ? (span.status.message ?? "") : undefined,
          seconds: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e9,
        });
    response.writeHead(read.success ? 200 : 400, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    faults,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
