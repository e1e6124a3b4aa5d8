import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Example } from "#contracts/example.ts";
import { fromArrow, toArrow } from "#datasets/arrow.ts";
import { folderCheckpoints } from "#stores/checkpoints.ts";
import { type EmbeddingsServer, startEmbeddingsServer } from "#stores/test-support/embeddings-server.ts";
import { tinyDev, tinyExamples } from "#training/test-support/tiny.ts";
import { jsonBytes, type StageContext } from "./stage.ts";
import { train } from "./train.ts";

const example = (split: Example["split"]) => (row: { label: string; text: string }, at: number) => ({
  id: `${split}-${at}`,
  label: row.label,
  text: row.text,
  lang: "und" as const,
  split,
  weight: 1,
  source: "authored" as const,
  family: `${split}-${at}`,
  acceptable: [],
});
const examples: Example[] = [...tinyExamples.map(example("train")), ...tinyDev.map(example("dev"))];
const dataset = toArrow({ examples, classes: ["food", "money", "travel", "weather"] });

let server: EmbeddingsServer;
let folder: string;
beforeEach(async () => {
  server = await startEmbeddingsServer();
  folder = mkdtempSync(join(tmpdir(), "haqei-stage-"));
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const run = (teacher: object | undefined, unjudged?: { text: string; lang: string }[]) => {
  const context: StageContext = {
    call: {
      stage: "03:train",
      activity: "train",
      asked: { seed: 7 },
      inputs: unjudged ? { unjudged: { uri: "file:unjudged", sha256: "0".repeat(64), bytes: 1, kind: "queries" } } : {},
      settings: { training: { epochs: 3, max_dimension: 6 }, ...(teacher ? { teacher } : {}) },
      key: "key",
    },
    signal: new AbortController().signal,
    report: () => undefined,
    input: async (role) => (role === "unjudged" ? jsonBytes(unjudged) : dataset),
  };
  const checkpoints = folderCheckpoints(join(folder, "checkpoints"));
  return train({ checkpoints, embeddings: join(folder, "embeddings.db") })(context);
};

test("03:train says who taught it, and that nobody did", async () => {
  const taught = await run({ url: server.url, model: "tiny" });
  expect(taught).toMatchObject({ keep: true, metrics: { teacher: "tiny", teacher_top1: expect.any(Number) } });
  expect(taught.summary).toContain("taught by tiny");
  expect(server.asked.flatMap(({ body }) => body.input)).toEqual(tinyExamples.map(({ text }) => text));
  const alone = await run(undefined);
  expect(alone).toMatchObject({ keep: true, metrics: { teacher: "none" } });
  expect(alone.summary).toContain("no teacher");
  expect(alone.metrics).not.toHaveProperty("teacher_top1");
});

test("a result that missed its teacher is not kept", { timeout: 60_000 }, async () => {
  server.faults.push(...Array(4).fill({ status: 503, body: "loading" }));
  const missed = await run({ url: server.url, required: false });
  expect(missed).toMatchObject({ keep: false, metrics: { teacher: "none" } });
  expect(missed.summary).toContain("without its teacher");
  expect(missed.bytes).toEqual((await run(undefined)).bytes);
});

test("queries that nobody judged are labelled by the teacher, and kept beside the model as its word", async () => {
  const unjudged = tinyExamples.slice(0, 6).map(({ text }) => ({ text: `${text} please`, lang: "en" }));
  const teacher = { url: server.url, model: "tiny", unjudged: { most: 10, weight: 0.25, confidence: 0 } };
  const taught = await run(teacher, unjudged);
  expect(taught.metrics).toMatchObject({ taught: 6 });
  expect(taught.summary).toContain("which labelled 6 queries more");
  const { examples } = fromArrow(taught.beside?.taught?.bytes as Uint8Array);
  expect(examples.map(({ text, lang }) => ({ text, lang }))).toEqual(unjudged);
  for (const one of examples) expect(one).toMatchObject({ source: "teacher", split: "train", weight: 0.25 });
  expect(server.asked.flatMap(({ body }) => body.input)).toHaveLength(tinyExamples.length + 6);

  // They change what is learnt, and nothing that a doubtful teacher is not sure of does; asked again, its words are at hand.
  const none = await run({ ...teacher, unjudged: { ...teacher.unjudged, confidence: 1 } }, unjudged);
  expect(none.metrics).toMatchObject({ taught: 0 });
  expect(none.beside).toBeUndefined();
  expect(none.bytes).not.toEqual(taught.bytes);
  expect(none.bytes).toEqual((await run({ url: server.url, model: "tiny" })).bytes);
  expect(server.asked.flatMap(({ body }) => body.input)).toHaveLength(tinyExamples.length + 6);
});

test("without a teacher nobody labels them", async () => {
  const alone = await run(undefined, [{ text: "a loan please", lang: "en" }]);
  expect(alone.metrics).not.toHaveProperty("taught");
  expect(alone.bytes).toEqual((await run(undefined)).bytes);
});
