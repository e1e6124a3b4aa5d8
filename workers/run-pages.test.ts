import { describe, expect, it } from "vitest";
import type { RunReport } from "#contracts/run.ts";
import { listPage, runPage } from "./run-pages.ts";

const HOSTILE = `<script>"&'`;
const SHOWN = "&#60;script&#62;&#34;&#38;'";

const run = (more: Partial<RunReport> = {}): RunReport => ({
  workflowId: "daily-2026-11-03",
  runId: "r",
  kind: "daily",
  date: "2026-11-03",
  status: "completed",
  stages: [
    { name: "01:collect", status: "cached", seconds: 0, attempt: 1, summary: "339 events" },
    { name: "04:validate", status: "ran", seconds: 2.25, attempt: 2, summary: "0.91 top-1" },
  ],
  model: { sha256: "ab".repeat(32), bytes: 10, rung: "float16" },
  metrics: {},
  verdict: { action: "promote", reason: "first-model", evidence: { n: 768, top1: 0.161458 }, policyDigest: "p" },
  url: "http://127.0.0.1:8233/run",
  ...more,
});

describe("the list of runs", () => {
  it("shows status, accuracy, verdict and model, and leads to the run and to the Temporal UI", () => {
    const html = listPage([run()]);
    for (const text of [
      'href="/runs/daily-2026-11-03"',
      'href="http://127.0.0.1:8233/run"',
      "completed",
      "0.91 top-1",
      "promote, first-model",
      ">abababababab<",
      'title="01:collect: cached"',
    ])
      expect(html).toContain(text);
  });

  it("says how the first run is started where there is none", () => {
    expect(listPage([])).toContain("npx haqei run daily");
  });

  it("is read anew more often while a run goes on", () => {
    expect(listPage([run(), run({ status: "running" })])).toContain('http-equiv="refresh" content="3"');
    expect(listPage([run()])).toContain('http-equiv="refresh" content="30"');
  });
});

describe("the page of a run", () => {
  it("shows every stage with its figures, in the picture and in the table, and what the verdict rests on", () => {
    const html = runPage(run({ partial: true }));
    expect(html).toMatch(/<td>04:validate<\/td><td>.* ran<\/td><td>2\.[23]<\/td><td>2<\/td><td>0\.91 top-1<\/td>/);
    for (const text of ["<svg", "<dt>top1</dt><dd>0.1615</dd>", "this run is partial"]) expect(html).toContain(text);
    expect(html).not.toContain("refresh");
  });

  it("shows why a run failed", () => {
    const html = runPage(run({ status: "timed_out", error: "the store does not answer", verdict: undefined }));
    for (const text of ["timed out", "the store does not answer"]) expect(html).toContain(text);
    expect(html).not.toContain("Verdict");
  });
});

it("shows markup in any text as text", () => {
  const hostile = run({
    error: HOSTILE,
    url: HOSTILE,
    workflowId: HOSTILE,
    stages: [{ name: "01:collect", status: "failed", seconds: 0, attempt: 1, error: HOSTILE }],
    verdict: { action: "hold", reason: HOSTILE, evidence: { [HOSTILE]: HOSTILE }, policyDigest: "p" },
  });
  for (const html of [runPage(hostile), listPage([hostile])]) {
    expect(html).not.toContain("<script");
    expect(html).toContain(SHOWN);
  }
});
