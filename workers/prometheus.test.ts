import { expect, it } from "vitest";
import { samplesText, scrapeText } from "./prometheus.ts";

it("tells a value with its definition and its n, and of too few observations only the n", async () => {
  const text = await samplesText({
    error_rate: { value: 0.02, n: 500 },
    cache_hit_rate: { value: 1, n: 99 },
    errors_1h: { value: 3, n: 500 },
    workers_cpu_quantiles: { value: 2, n: 500 },
    workers_cpu_p50: { value: 1, n: 500 },
    workers_cpu_p95: { value: 2, n: 500 },
    workers_cpu_p99: { value: 3, n: 500 },
  });
  expect(text).toMatch(/^haqei_error_rate 0\.02$/m);
  expect(text).toMatch(/^# HELP haqei_error_rate requests answered 5xx or by the prior/m);
  expect(text).toMatch(/^haqei_error_rate_n 500$/m);
  expect(text).toMatch(/^haqei_cache_hit_rate_n 99$/m);
  expect(text).not.toMatch(/^haqei_cache_hit_rate /m);
  expect(text).toMatch(/^haqei_workers_cpu_quantiles\{quantile="0\.99"\} 3$/m);
});

it("tells which source was away, and what the others say", async () => {
  const text = await scrapeText({
    edge: async () => "a 1\n",
    temporal: async () => {
      throw new Error("away");
    },
  });
  expect(text).toMatch(/^a 1$/m);
  expect(text).toMatch(/^haqei_source_up\{source="edge"\} 1$/m);
  expect(text).toMatch(/^haqei_source_up\{source="temporal"\} 0$/m);
});
