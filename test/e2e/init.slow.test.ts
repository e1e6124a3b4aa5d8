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
import { Output } from "#cli/commands/start.ts";
import { ClassifyAnswer } from "#contracts/http.ts";
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

it("answers a request of the help desk by the model of its own first day", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [HAQEI, "init", "--json"], { cwd: folder });
  expect((JSON.parse(stdout) as { files: string[] }).files).toHaveLength(5);

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

  const annotate = ["dataset", "annotate", "--asked", "--by", "me", "--n", "20", "--json"];
  const ranked = await promisify(execFile)(process.execPath, [HAQEI, ...annotate], { cwd: folder });
  const { queries = [], remaining } = Annotated.parse(JSON.parse(ranked.stdout));
  expect(remaining).toBe(20);
  expect(queries.map(({ value }) => value)).toEqual(queries.map(({ value }) => value).sort((a, b) => b - a));
  expect(queries[0]?.candidates).toHaveLength(3);
  // What is held out is never offered: a label would end up in training.
  const { examples } = await readAuthored(join(folder, "data"));
  const heldOut = new Set(examples.flatMap(({ split, text }) => (split === "live" ? [] : [normalise(text)])));
  expect(queries.filter(({ text }) => heldOut.has(normalise(text)))).toEqual([]);
});
