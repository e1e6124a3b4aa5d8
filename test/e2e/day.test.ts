import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Config } from "#contracts/config.ts";
import type { RunReport } from "#contracts/run.ts";
import { traceOfRun } from "#contracts/trace.ts";
import { countedRuns } from "#local/counted-runs.ts";
import { runDemonstration } from "#local/demonstration.ts";
import { readEndpoints } from "#local/home.ts";
import { decodeDictionary } from "#model/dictionary.ts";
import { runCost } from "#policy/cost/run-cost.ts";
import { addDays, logicalDateOf } from "#policy/logical-date.ts";
import { METRICS } from "#policy/metrics.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { sqliteRegistry } from "#stores/registry.ts";
import { planBackfill, runBackfill } from "#workers/backfill.ts";
import { startRun } from "#workers/client.ts";
import { rerunFrom } from "#workers/rerun.ts";
import { reportRun } from "#workers/runs.ts";
import { applySchedule, type Declared, declaredSchedules } from "#workers/schedules.ts";
import { dailyDag } from "#workflows/daily-batch.ts";
import { searchAttributes } from "#workflows/messages.ts";
import { saveHistory } from "../support/histories.ts";
import { otlpReceiver } from "../support/otlp-receiver.ts";
import { poisonLog } from "../support/poison.ts";
import { postJson, type System, startSystem } from "../support/system.ts";
import { judging } from "../support/traffic.ts";

/** One day on real parts: users ask at the edge, the seven stages run in Temporal, the edge answers from the new model. */

const DATASET = fileURLToPath(new URL("../../datasets", import.meta.url));
const QUICK = fileURLToPath(new URL("../support/quick.config.ts", import.meta.url));
const TODAY = logicalDateOf(Date.now(), "Asia/Tokyo");
const QUESTION = { text: "開業届は出したのに内装の職人が来なくて店が開けられない", lang: "ja" };
const NAMES = dailyDag.stages.map(({ name }) => name);
/** What no edge of today would write: broken JSON, ten megabytes, a line that does not exist, a shape of another time. */
const POISON = [
  '{"id":"broken","type":"click", oh no',
  `{"id":"huge","type":"report","reason":"${"x".repeat(1_900_000)}"}`,
  JSON.stringify({
    id: "unknown-line",
    type: "correction",
    at: 1,
    correctId: 385,
    served: {
      model: "a".repeat(64),
      bucket: "current",
      shown: [1],
      propensity: 1,
      textHash: "t",
      lang: "ja",
      at: 1,
      text: "爻は三百八十四",
    },
  }),
  JSON.stringify({ id: "old-shape", kind: "like" }),
];
const input = { kind: "daily", date: TODAY, seed: 384, release: true } as const;

let system: System;
let collector: Awaited<ReturnType<typeof otlpReceiver>>;
let first: RunReport;
let accepted = 0;

/** What keeps promtool from reading a text of metrics; what its lint says of names (exit status 3) does not. Nothing where it is not installed. */
function unreadable(text: string): string {
  const { status, stderr } = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
  return status === 1 ? stderr : "";
}

/** What the workers tell Prometheus now: the text, and the value of a metric without labels, or with those that are given; else NaN. */
async function scraped() {
  const { metrics } = readEndpoints(system.home);
  const text = await (await fetch(new URL("/metrics", metrics?.url))).text();
  return { text, told: (name: string) => Number(new RegExp(`^haqei_${name} (\\S+)$`, "m").exec(text)?.[1]) };
}

const statuses = (report: RunReport): Record<string, string> =>
  Object.fromEntries(report.stages.map(({ name, status }) => [name, status]));
const classify = async () => (await postJson(`${system.servers.endpoints.edge.url}/api/classify`, QUESTION)).json;

beforeAll(async () => {
  collector = await otlpReceiver();
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = collector.url;
  system = await startSystem({ dataset: DATASET, config: QUICK, before: (home) => poisonLog(home, POISON) });
  const live = system.authored.examples.filter(({ split }) => split === "live");
  const events = await runDemonstration({
    edgeUrl: system.servers.endpoints.edge.url,
    queries: live,
    classes: system.authored.classes,
    n: 320,
    seed: 7,
    date: TODAY,
  });
  accepted = events.accepted;
  first = await startRun(system.servers.endpoints, input, { wait: true });
  await saveHistory(system.client, first.workflowId, first.runId, "daily-first");
}, 300_000);
afterAll(async () => {
  delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  await system?.end();
  await collector?.close();
});

describe("one day", () => {
  it("answers from the bundled model before anything is released, and from the day's model after", async () => {
    expect(first.error).toBeUndefined();
    expect(first.status).toBe("completed");
    expect(statuses(first)).toEqual(Object.fromEntries(NAMES.map((name) => [name, "ran"])));
    expect(first.partial).toBe(true);
    expect(first.verdict).toMatchObject({ action: "promote", reason: "first-model" });
    const answer = await classify();
    expect(answer.model).toBe(first.model?.sha256);
    expect(answer.path).toBe("full");
    const predictions = answer.predictions as {
      id: number;
      label: string;
      shin: string;
      hen: string;
      score: number;
      why: unknown[];
    }[];
    expect(predictions).toHaveLength(3);
    for (const { id, shin, hen, label } of predictions) {
      expect(id).toBeGreaterThanOrEqual(1);
      expect(id).toBeLessThanOrEqual(384);
      expect(label).toMatch(/^[初上]?[九六]?[二三四五]?/);
      expect(shin.length).toBeGreaterThan(20);
      expect(hen).toContain("「");
    }
    expect(predictions[0]?.score).toBeGreaterThanOrEqual(predictions[2]?.score ?? 1);
    expect(predictions[0]?.why.length).toBeGreaterThan(0);
  });

  it("tells Prometheus what it measures, without a secret", async () => {
    const { text, told } = await scraped();
    expect(unreadable(text)).toBe("");
    expect(told("validation_accuracy")).toBe(first.metrics["validate.top1"]);
    expect(told("training_time")).toBe(first.stages.find(({ name }) => name === "03:train")?.seconds);
    expect(told("api_usage")).toBeGreaterThanOrEqual(300);
    expect(told("error_rate_n")).toBeGreaterThanOrEqual(300);
    expect(told("error_rate")).toBeLessThan(0.01);
    expect(told("metrics_missing")).toBe(0);
    for (const source of ["samples", "edge", "temporal", "worker"])
      expect(text).toContain(`haqei_source_up{source="${source}"} 1`);
    expect(text).toMatch(/^temporal_/m);
    expect(first.stages.find(({ name }) => name === "03:train")?.cpuSeconds).toBeGreaterThan(0);
  });

  it("is one trace, from the run by its stages to the edge's pointer, which the edge writes down", async () => {
    const { traceId, spanId } = traceOfRun(first.runId);
    const ours = () => collector.spans.filter((span) => span.traceId === traceId);
    await expect.poll(() => ours().find(({ name }) => name === "dailyBatch"), { timeout: 20_000 }).toBeDefined();
    const root = ours().find((span) => span.spanId === spanId);
    expect(root).toMatchObject({
      parentSpanId: undefined,
      attributes: {
        "haqei.run": first.workflowId,
        "haqei.digest": first.model?.sha256,
        "haqei.verdict": "promote",
      },
    });
    for (const { name, output } of first.stages) {
      const stage = ours().filter((span) => span.name === name);
      expect(stage, name).toHaveLength(1);
      expect(stage[0]).toMatchObject({
        parentSpanId: spanId,
        error: undefined,
        attributes: { "haqei.run": first.workflowId, "haqei.stage": name, "haqei.digest": output?.sha256 },
      });
    }
    const distribute = ours().find(({ name }) => name === "07:distribute");
    const moved = ours().filter(({ name }) => name === "PUT /admin/pointer");
    expect(moved.map(({ parentSpanId }) => parentSpanId)).toEqual([distribute?.spanId]);
    // Every span hangs on another of the same trace, and none was told twice.
    const ids = ours().map((span) => span.spanId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { parentSpanId } of ours()) if (parentSpanId !== undefined) expect(ids).toContain(parentSpanId);
    expect(collector.faults).toEqual([]);
    const { actions } = await system.edge.audit();
    expect(actions.find(({ action }) => action === "PUT /admin/pointer")?.trace).toBe(traceId);
  });

  it("is found in the workers' log by run, stage, digest and trace", async () => {
    const lines = ["pipeline", "compute"].flatMap((name) =>
      readFileSync(join(system.home.logs, `${name}.log`), "utf8")
        .split("\n")
        .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Record<string, unknown>] : [])),
    );
    for (const { name, output } of first.stages)
      expect(lines).toContainEqual(
        expect.objectContaining({
          msg: "stage done",
          run: first.workflowId,
          stage: name,
          digest: output?.sha256,
          trace_id: traceOfRun(first.runId).traceId,
        }),
      );
  });

  it("counts every event once, learns from some, and says what it left out", async () => {
    expect(accepted).toBeGreaterThanOrEqual(300);
    expect(first.metrics["collect.events"]).toBe(accepted + POISON.length);
    expect(first.metrics).toMatchObject({
      "preprocess.dropped_bad-json": 1,
      "preprocess.dropped_too-large": 1,
      "preprocess.dropped_unknown-class": 1,
      "preprocess.dropped_bad-schema": 1,
    });
    expect(first.metrics["preprocess.events"]).toBe(accepted);
    expect(Number(first.metrics["preprocess.learnt"])).toBeGreaterThan(50);
    const { next } = await system.edge.events(0, 1);
    expect(next).toBeGreaterThan(0);
  });

  it("releases a dictionary within its size with the model, and answers likely queries beforehand", async () => {
    const pointer = await system.edge.pointer();
    const bytes = await folderArtefacts(system.home.artefacts).get({ sha256: pointer?.dictionary ?? "" });
    expect(bytes.byteLength).toBeLessThanOrEqual(300 * 1024);
    expect(decodeDictionary(bytes).terms).toHaveLength(Number(first.metrics["preprocess.dictionary_words"]));
    expect(Number(first.metrics["distribute.warm_queries"])).toBeGreaterThanOrEqual(200);
    // Those about danger are never answered beforehand.
    expect(Number(first.metrics["distribute.warmed"])).toBeGreaterThan(190);
    const warmed = system.authored.examples.find(({ split, source }) => split === "train" && source === "authored");
    const ask = () => postJson(`${system.servers.endpoints.edge.url}/api/classify`, { text: warmed?.text });
    await expect.poll(async () => (await ask()).json.cache, { timeout: 5000 }).toMatch(/kv|memory/);
  });

  it("beats chance on the frozen test, with n and an interval", () => {
    expect(first.metrics).toMatchObject({
      "validate.n": 1536,
      "validate.n_ja": 768,
      "validate.n_en": 384,
      "validate.n_zh": 384,
    });
    expect(Number(first.metrics["validate.top1_lo"])).toBeGreaterThan(5 / 384);
    expect(Number(first.metrics["validate.top3"])).toBeGreaterThan(Number(first.metrics["validate.top1"]));
  });

  it("writes artefacts by digest with manifests that name what they were made from", async () => {
    const store = folderArtefacts(system.home.artefacts);
    const outputs = new Map(first.stages.map(({ name, output }) => [name, output?.sha256 ?? ""]));
    for (const { name, output } of first.stages) {
      const manifest = await store.manifest({ sha256: output?.sha256 ?? "" });
      expect(manifest).toMatchObject({ producedBy: name, kind: output?.kind, bytes: output?.bytes });
      expect(manifest.codeDigest).toMatch(/^[0-9a-f]{64}$/);
      await store.get({ sha256: manifest.sha256 });
    }
    const model = await store.manifest({ sha256: outputs.get("03:train") ?? "" });
    expect(model.seed).toBe(384);
    expect(model.parents).toContainEqual({ name: "dataset", sha256: outputs.get("02:preprocess") });
  });

  it("can be inspected in Temporal: summaries, details, search attributes, progress", async () => {
    const handle = system.client.workflow.getHandle(first.workflowId, first.runId);
    const described = await handle.describe();
    expect(await described.staticSummary()).toBe(`daily batch for ${TODAY}`);
    expect(described.typedSearchAttributes.get(searchAttributes.date)).toBe(TODAY);
    expect(described.typedSearchAttributes.get(searchAttributes.model)).toBe(first.model?.sha256);
    expect(described.typedSearchAttributes.get(searchAttributes.verdict)).toBe("promote");
    const metadata = await handle.query<{ currentDetails?: string }, []>("__temporal_workflow_metadata");
    const details = JSON.stringify(metadata);
    for (const name of NAMES) expect(details).toContain(`| ${name} | ran |`);
    expect(details).toContain("top-1");
    expect(details).toMatch(/Picture of the stages.*\/runs\/daily-/);
    const { events } = await handle.fetchHistory();
    const summaries = (events ?? []).flatMap(({ userMetadata }) =>
      userMetadata?.summary?.data ? [new TextDecoder().decode(userMetadata.summary.data)] : [],
    );
    expect(summaries.some((text) => /^"train: [\d,]+ examples"$/.test(text))).toBe(true);
    const found: string[] = [];
    for await (const { workflowId } of system.client.workflow.list({
      query: `LogicalDate = "${TODAY}" AND RunKind = "daily"`,
    }))
      found.push(workflowId);
    expect(found).toEqual([first.workflowId]);
    const picture = await fetch(`${system.servers.endpoints.metrics?.url}/runs/${first.workflowId}/dag.svg`);
    expect(picture.headers.get("content-type")).toContain("image/svg+xml");
    expect(await picture.text()).toContain("07:distribute");
  });

  it("says what it took, by stage: CPU seconds, bytes, Temporal actions", async () => {
    const [cost] = (await countedRuns(system.home, TODAY, TODAY)).map(runCost);
    expect(cost?.workflowId).toBe(first.workflowId);
    // The look for a kept result and the one attempt.
    expect(cost?.stages.map(({ actions }) => actions)).toEqual(NAMES.map(() => 2));
    expect(cost?.actions).toBeGreaterThan(2 * NAMES.length);
    expect(cost?.stages.find(({ name }) => name === "03:train")?.cpuSeconds).toBeGreaterThan(0);
    expect(cost?.bytes).toBeGreaterThan(first.model?.bytes ?? 0);
  });

  it("returns the finished run for the same date, and from kept results when it is run again", async () => {
    const joined = await startRun(system.servers.endpoints, input, { wait: true });
    expect(joined).toMatchObject({ reused: true, runId: first.runId });
    expect(joined.stages.every(({ status }) => status === "cached")).toBe(true);

    const again = await startRun(system.servers.endpoints, input, { wait: true, again: true });
    expect(again.runId).not.toBe(first.runId);
    await saveHistory(system.client, again.workflowId, again.runId, "daily-again");
    expect(statuses(again)).toMatchObject({ "02:preprocess": "cached", "03:train": "cached", "05:compress": "cached" });
    expect(again.verdict?.reason).toBe("already-current");
    expect(again.model?.sha256).toBe(first.model?.sha256);
  });

  it("gives the same model digest when it is trained anew from the same bytes", async () => {
    const forced = await startRun(
      system.servers.endpoints,
      { ...input, forceFrom: "train" },
      { wait: true, again: true },
    );
    expect(statuses(forced)).toMatchObject({ "02:preprocess": "cached", "03:train": "ran", "05:compress": "ran" });
    expect(forced.model?.sha256).toBe(first.model?.sha256);
  });

  it("goes on from a stage by a reset: earlier stages keep their results, later ones are done again", async () => {
    const registry = sqliteRegistry(system.home.registryFile);
    const { runId, reset } = await rerunFrom(system.client, registry, first.workflowId, "compress");
    registry.close();
    expect(reset.keptStages).toEqual(["01:collect", "02:preprocess", "03:train", "04:validate"]);
    expect(reset.rerunStages).toEqual(["05:compress", "06:deploy", "07:distribute"]);
    await system.client.workflow.getHandle(first.workflowId, runId).result();
    await saveHistory(system.client, first.workflowId, runId, "daily-reset");
    const report = await reportRun(system.client, system.servers.endpoints, first.workflowId, runId);
    expect(report && statuses(report)).toMatchObject({
      "03:train": "ran",
      "05:compress": "ran",
      "06:deploy": "ran",
      "07:distribute": "ran",
    });
  });

  it("runs past dates by a plan, and leaves done ones alone", async () => {
    const range = { from: addDays(TODAY, -2), to: TODAY };
    const plan = await planBackfill(system.client, system.servers.endpoints, "daily", range, false);
    expect(plan.map(({ date, reason, cached }) => ({ date, reason, cached }))).toEqual([
      { date: addDays(TODAY, -2), reason: "never run", cached: false },
      { date: addDays(TODAY, -1), reason: "never run", cached: false },
      { date: TODAY, reason: "done", cached: true },
    ]);
    const runs = await runBackfill(
      system.servers.endpoints,
      plan,
      { kind: "daily", seed: 384, release: false },
      { again: false, timezone: "Asia/Tokyo", parallel: 2 },
      () => undefined,
    );
    expect(runs.map(({ status }) => status)).toEqual(["completed", "completed", "completed"]);
    // Nothing was received on either day, and the model that serves learnt the same authored data: there is nothing to adjust it by.
    for (const run of runs.slice(0, 2)) {
      expect(statuses(run)).toMatchObject({ "03:train": "skipped", "06:deploy": "skipped" });
      expect(run.stages.find(({ name }) => name === "03:train")?.summary).toContain("daily.data_required 500");
    }
    expect((await system.edge.pointer())?.current.sha256).toBe(first.model?.sha256);
  });

  it("starts a scheduled run for the day before in Tokyo, once a date, whenever it is caught up", async () => {
    const { client } = system;
    const declared = declaredSchedules(Config.parse({})).find(({ scheduleId }) => scheduleId === "daily") as Declared;
    expect(await applySchedule(client, declared)).toBe("created");
    const schedule = client.schedule.getHandle("daily");
    await schedule.pause("not during this test");
    expect(await applySchedule(client, declared)).toBe("unchanged");
    expect((await schedule.describe()).state.paused).toBe(true);

    // 02:00 in Tokyo is 17:00 UTC of the day before: three mornings in the middle of a week and a month, of which one is asked for twice.
    const mornings = (from: string, to: string) => ({
      start: new Date(`${from}T00:00:00Z`),
      end: new Date(`${to}T23:59:59Z`),
      overlap: "ALLOW_ALL" as const,
    });
    await schedule.backfill(mornings("2026-03-02", "2026-03-04"));
    await schedule.backfill(mornings("2026-03-04", "2026-03-04"));
    const dates = ["2026-03-02", "2026-03-03", "2026-03-04"];
    for (const date of dates) {
      await expect
        .poll(async () => (await reportRun(client, system.servers.endpoints, `daily-${date}`))?.status, {
          timeout: 60_000,
          interval: 500,
        })
        .toBe("completed");
    }
    for await (const { workflowId, runId } of client.workflow.list({ query: 'WorkflowType = "launch"' })) {
      await saveHistory(client, workflowId, runId, "launch");
      break;
    }
    const started: string[] = [];
    for await (const { workflowId } of client.workflow.list({
      query: 'LogicalDate >= "2026-02-01" AND LogicalDate <= "2026-03-31"',
    }))
      started.push(workflowId);
    expect(started.sort()).toEqual(dates.map((date) => `daily-${date}`));
    // Each run hangs in its trace on the launch that started it.
    for (const date of dates) {
      const run = () =>
        collector.spans.find((span) => span.name === "dailyBatch" && span.attributes["haqei.run"] === `daily-${date}`);
      await expect
        .poll(() => collector.spans.find(({ spanId }) => spanId === run()?.parentSpanId)?.name, { timeout: 20_000 })
        .toBe("launch");
    }
  });

  it("measures all 27 items of specification 4.1 after some traffic, a release and a batch", async () => {
    const { edge: at } = readEndpoints(system.home);
    const texts = system.authored.examples.filter(({ split }) => split === "live").map(({ text }) => text);
    await judging(system.edge, at.url, { n: 150, right: 120, texts, roundTripMs: 20 });
    await expect
      .poll(async () => (await scraped()).told("accuracy_n"), { timeout: 60_000 })
      .toBeGreaterThanOrEqual(150);
    const { told } = await scraped();
    const measured = (name: string) => told(name === "workers_cpu_quantiles" ? `${name}\\{quantile="0.95"\\}` : name);
    for (const { name, unit } of METRICS) {
      // The edge asks KV only now and then: a few minutes are too short for a quantile of it.
      if (name === "kv_read_time") expect(told(`${name}_n`), name).toBeGreaterThan(0);
      else expect(measured(name), name).toBeGreaterThanOrEqual(0);
      if (unit === "share") expect(measured(name), name).toBeLessThanOrEqual(1);
    }
    // What an hour with some traffic, one release and one batch cannot but show.
    for (const name of [
      ...["cpu_time_p99", "memory_usage", "subrequests", "d1_query_time", "d1_rows_read", "kv_reads", "r2_bandwidth"],
      ...["analytics_points", "requests_per_minute", "unique_users", "cost_per_1000_requests", "training_time"],
      ...["validation_accuracy", "compression_target_reached", "distribution_time"],
    ])
      expect(told(name), name).toBeGreaterThan(0);
    expect(told("accuracy")).toBeGreaterThan(0.7);
    expect(told("cpu_time_p99")).toBeLessThan(45);
    for (const name of ["collection_success_rate", "deploy_success_rate", "version_consistency"])
      expect(told(name), name).toBe(1);
    expect(told("rollbacks")).toBe(0);
  });
});
