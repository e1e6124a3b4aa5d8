import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Output as Annotated } from "#cli/commands/annotate.ts";
import { Output as Coverage } from "#cli/commands/coverage.ts";
import { Output as Lineage } from "#cli/commands/lineage.ts";
import { Output as Ran } from "#cli/commands/run.ts";
import { Output } from "#cli/commands/start.ts";
import { ClassifyAnswer } from "#contracts/http.ts";
import { RetentionReport } from "#contracts/retention.ts";
import { readAuthored } from "#datasets/authored.ts";
import { normalise } from "#model/normalise.ts";
import { postJson } from "../support/system.ts";

/** From an empty folder to a served answer, as the README tells it: a help desk in place of the 384 lines. */

const HAQEI = fileURLToPath(new URL("../../cli/haqei.mjs", import.meta.url));

let folder: string;
let started: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "haqei-empty-"));
});
afterEach(async () => {
  if (started && started.exitCode === null) {
    const ended = once(started, "exit");
    started.kill("SIGTERM");
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

/** What a command of the folder answers. */
async function haqei(...args: string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [HAQEI, ...args, "--json"], { cwd: folder });
  return JSON.parse(stdout);
}

it("answers a request of the help desk by the model of its own first day, and lives through a week and a month", async () => {
  expect(((await haqei("init")) as { files: string[] }).files).toHaveLength(5);

  started = spawn(process.execPath, [HAQEI, "start", "--json"], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  const [line] = (await once(createInterface({ input: started.stdout as NodeJS.ReadableStream }), "line")) as [string];
  const { run, urls, events } = Output.parse(JSON.parse(line));
  expect(run.status).toBe("completed");
  expect(run.verdict).toMatchObject({ action: "promote", reason: "first-model" });
  expect(events.accepted).toBeGreaterThan(300);
  expect(run.metrics["preprocess.learnt"]).toBeGreaterThan(100);
  expect(run.metrics["preprocess.feedback_mix_deviation"]).toBeLessThan(0.1);

  const { status, json } = await postJson(`${urls.edge}/api/classify`, { text: "どのプリンターも印刷しない" });
  expect(status).toBe(200);
  const answer = ClassifyAnswer.parse(json);
  expect(answer.model).toBe(run.model?.sha256);
  expect(answer.predictions[0]?.label).toBe("printer-problem");
  const english = ClassifyAnswer.parse(
    (await postJson(`${urls.edge}/api/classify`, { text: "please unlock my account" })).json,
  );
  expect(english.predictions[0]?.label).toBe("account-locked");

  const ranked = await haqei("dataset", "annotate", "--asked", "--by", "me", "--n", "20");
  const { queries = [], remaining } = Annotated.parse(ranked);
  expect(remaining).toBe(20);
  expect(queries.map(({ value }) => value)).toEqual(queries.map(({ value }) => value).sort((a, b) => b - a));
  expect(queries[0]?.candidates).toHaveLength(3);
  // What is held out is never offered: a label would end up in training.
  const { examples } = await readAuthored(join(folder, "data"));
  const heldOut = new Set(examples.flatMap(({ split, text }) => (split === "live" ? [] : [normalise(text)])));
  expect(queries.filter(({ text }) => heldOut.has(normalise(text)))).toEqual([]);

  // The same data, a week and a month: what they are made of runs on any taxonomy.
  for (const [kind, last] of [
    ["weekly", "08:assess"],
    ["monthly", "08:review"],
  ] as const) {
    const larger = Ran.parse(await haqei("run", kind, "--date", run.date, "--wait")).run;
    expect(larger.status).toBe("completed");
    expect(larger.stages.find(({ name }) => name === last)).toMatchObject({ status: "ran" });
    expect(larger.verdict?.action).toMatch(/promote|hold/);
  }
  const plan = RetentionReport.parse(await haqei("retention", "--plan"));
  expect(plan).toMatchObject({ done: false, artefacts: { remove: 0, heldBy: [] } });
  expect(Coverage.parse(await haqei("coverage")).queries).toBeGreaterThan(100);

  // From the answer back to what it was learnt from, and on to every run.
  const { nodes, runs } = Lineage.parse(await haqei("lineage", answer.eventId));
  const kinds = new Map(nodes.map(({ kind, producedBy }) => [`${kind} ${producedBy}`, true]));
  for (const from of ["dataset 02:preprocess", "dataset open", "window 01:collect", "model 03:train"])
    expect(kinds.has(from)).toBe(true);
  expect(runs.map(({ workflowId }) => workflowId)).toContain(`daily-${run.date}`);
});
