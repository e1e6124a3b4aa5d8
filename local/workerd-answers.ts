import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Answer } from "#model/score.ts";
import type { TimedAnswer } from "#training/evaluate.ts";
import { bundleWorker, EDGE_FOLDER } from "./edge-bundle.ts";
import { startWorker } from "./edge-server.ts";

const BATCH = 250;

/** A model's answers to texts, in their order, given by the edge's scoring code in workerd. */
export async function answerInWorkerd(
  model: Uint8Array<ArrayBuffer>,
  texts: readonly string[],
): Promise<TimedAnswer[]> {
  const { main, modules } = await bundleWorker(join(EDGE_FOLDER, "answers.ts"));
  const folder = await mkdtemp(join(tmpdir(), "haqei-answers-"));
  const config = {
    name: "answers",
    compatibilityDate: "2026-10-01",
    manifest: { mainModule: main, modulesRoot: EDGE_FOLDER, modules },
  };
  const worker = await startWorker({ config }, folder, 0);
  try {
    await fetch(worker.url, { method: "PUT", body: model });
    const answers: TimedAnswer[] = [];
    for (let from = 0; from < texts.length; from += BATCH) {
      const began = performance.now();
      const response = await fetch(worker.url, {
        method: "POST",
        body: JSON.stringify(texts.slice(from, from + BATCH)),
      });
      const given = (await response.json()) as Answer[];
      // Clocks stand still inside the isolate: a batch is timed from here, the way included.
      const micros = ((performance.now() - began) * 1000) / given.length;
      answers.push(...given.map((answer) => ({ ...answer, micros })));
    }
    return answers;
  } finally {
    await worker.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
