import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CompressionConfig, PriorityLearning, TeacherConfig, TrainingConfig } from "#contracts/config.ts";
import { InputError, NotReachableError } from "#contracts/errors.ts";
import type { Example } from "#contracts/example.ts";
import { writeArrow } from "#datasets/arrow-stream.ts";
import { type EmbeddingsServer, startEmbeddingsServer } from "#stores/test-support/embeddings-server.ts";
import { classesOf } from "#training/problem.ts";
import { tinyDev, tinyExamples } from "#training/test-support/tiny.ts";
import { trainModel, trainStreamed } from "./train.ts";

const table = (rows: readonly { label: string; text: string }[]) =>
  rows.map(({ label, text }) => `${label}\t${text}\n`).join("");

let server: EmbeddingsServer;
let folder: string;
beforeEach(async () => {
  server = await startEmbeddingsServer();
  folder = mkdtempSync(join(tmpdir(), "haqei-train-"));
  writeFileSync(join(folder, "train.tsv"), table(tinyExamples));
  writeFileSync(join(folder, "dev.tsv"), table(tinyDev));
  writeFileSync(join(folder, "test.tsv"), table(tinyDev.map(({ label, text }) => ({ label, text: `${text} now` }))));
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

async function trained(teacher: Partial<TeacherConfig>) {
  const said: string[] = [];
  const made = await trainModel({
    dataset: folder,
    isTable: false,
    training: TrainingConfig.parse({ epochs: 3, max_dimension: 6 }),
    compression: CompressionConfig.parse({}),
    priority: PriorityLearning.parse({}),
    seed: 7,
    teacher: TeacherConfig.parse(teacher),
    embeddings: join(folder, "cache", "embeddings.db"),
    log: (line) => said.push(line),
  });
  return { ...made, said: said.join("\n") };
}

test("asks for the training texts once, and never for those of dev and test", async () => {
  const first = await trained({ url: server.url, prefix: "query: " });
  const asked = server.asked.flatMap(({ body }) => body.input);
  expect(asked).toEqual(tinyExamples.map(({ text }) => `query: ${text}`));
  expect(first.report).toMatchObject({ teacher: "multilingual-e5-small-q4" });
  expect(first.said).toContain("taught by multilingual-e5-small-q4");
  const second = await trained({ url: server.url, prefix: "query: " });
  expect(server.asked.flatMap(({ body }) => body.input)).toHaveLength(tinyExamples.length);
  expect(second.model.sha256).toBe(first.model.sha256);
});

test("runs without a teacher, and says so", async () => {
  const { report, said, model } = await trained({});
  expect(report).toMatchObject({ teacher: "none" });
  expect(said).toContain("no teacher");
  expect(model.sha256).not.toBe((await trained({ url: server.url })).model.sha256);
});

test("a teacher that refuses ends the training with what to do", async () => {
  server.faults.push({ status: 404, body: "no such model" });
  await expect(trained({ url: server.url })).rejects.toMatchObject({ hint: expect.stringContaining("teacher.model") });
});

test("one that does not answer is done without, unless it is required", { timeout: 60_000 }, async () => {
  const { url } = server;
  server.faults.push(...Array(8).fill({ status: 503, body: "loading" }));
  await expect(trained({ url, required: true })).rejects.toBeInstanceOf(NotReachableError);
  const { report, said } = await trained({ url });
  expect(report).toMatchObject({ teacher: "none" });
  expect(said).toContain("without its teacher");
});

test("an Arrow file is streamed, and dev texts are not learnt", async () => {
  const dataset = join(folder, "tiny.arrow");
  const rows = [...tinyExamples, ...tinyDev].map(({ label, text }, at): Example => {
    const id = `row-${at}`;
    const split = at < tinyExamples.length ? "train" : "dev";
    return { id, label, text, lang: "und", split, weight: 1, source: "authored", family: id, acceptable: [] };
  });
  await writeArrow(dataset, classesOf(tinyExamples), [rows.slice(0, 20), rows.slice(20)]);
  const said: string[] = [];
  const training = TrainingConfig.parse({ epochs: 3, max_dimension: 6 });
  const made = await trainStreamed({ dataset, training, seed: 7, log: (line) => said.push(line) });
  expect(made.report).toMatchObject({ examples: tinyExamples.length, teacher: "none" });
  expect(said.join("\n")).toMatch(/fit: epoch 2 of 3, loss \d+\.\d+, \d+ s left/);
  await expect(
    trainStreamed({ dataset: join(folder, "train.tsv"), training, seed: 7, log: () => undefined }),
  ).rejects.toBeInstanceOf(InputError);
});
