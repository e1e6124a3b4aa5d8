/** Where spans are sent: the config's address, else OpenTelemetry's own variables; undefined where nobody asked for traces. */
export function tracesUrl(
  otlpUrl: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const base = otlpUrl ?? environment.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (otlpUrl === undefined && environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)
    return environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  return base ? `${base.replace(/\/$/, "")}/v1/traces` : undefined;
}
