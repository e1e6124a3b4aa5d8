import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InputError } from "#contracts/errors.ts";
import { activeTrace, traced, traceHeaders } from "#stores/traced.ts";
import { otlpReceiver } from "../test/support/otlp-receiver.ts";
import { tracesUrl } from "./traces-url.ts";
import { withinTrace } from "./tracing.ts";

describe("a command's trace", () => {
  let collector: Awaited<ReturnType<typeof otlpReceiver>>;
  const warnings: string[] = [];
  const within = <T>(work: () => Promise<T>) =>
    withinTrace("haqei run", tracesUrl(collector.url) ?? "", (message) => warnings.push(message), work);
  beforeEach(async () => {
    collector = await otlpReceiver();
    warnings.length = 0;
  });
  afterEach(() => collector.close());

  it("is sent before the command ends, with what it asked of others below it", async () => {
    const header = await within(() => traced("PUT /admin/pointer", async () => traceHeaders().traceparent));
    const [asked, root] = ["PUT /admin/pointer", "haqei run"].map((name) =>
      collector.spans.find((span) => span.name === name),
    );
    expect(root).toMatchObject({ service: "cli", parentSpanId: undefined, error: undefined });
    expect(asked).toMatchObject({ traceId: root?.traceId, parentSpanId: root?.spanId });
    expect(header).toBe(`00-${asked?.traceId}-${asked?.spanId}-01`);
    expect(collector.faults).toEqual([]);
    expect(activeTrace()).toBeUndefined();
  });

  it("says by name what it failed with, and nothing of what somebody wrote", async () => {
    await expect(within(() => Promise.reject(new InputError("no 'secret'", "Mend it.")))).rejects.toThrow("secret");
    expect(collector.spans).toEqual([expect.objectContaining({ error: "InputError" })]);
  });

  it("is a warning, and no more, where the collector is away", async () => {
    await collector.close();
    expect(await within(async () => 7)).toBe(7);
    expect(warnings.join()).toContain("ECONNREFUSED");
    collector = await otlpReceiver();
  });
});

it("goes where the config says, else where OpenTelemetry's variables say, else nowhere", () => {
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://b:4318/" };
  expect(tracesUrl("http://a:4318", environment)).toBe("http://a:4318/v1/traces");
  expect(tracesUrl(undefined, environment)).toBe("http://b:4318/v1/traces");
  expect(tracesUrl(undefined, { ...environment, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://c/x" })).toBe("http://c/x");
  expect(tracesUrl(undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: "" })).toBeUndefined();
});
