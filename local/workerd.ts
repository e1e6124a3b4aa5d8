import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError } from "#contracts/errors.ts";
import type { Answer } from "#model/score.ts";
import type { TimedAnswer } from "#training/evaluate.ts";
import type { Measured, ToMeasure } from "#training/measure.ts";
import { bundleWorker, EDGE_FOLDER } from "./edge-bundle.ts";
import { type EdgeServer, startWorker } from "./edge-server.ts";

const BATCH = 250;

/** Does `work` with a Worker of our own in workerd; it keeps nothing. @param entry its main module's path */
async function withWorker<T>(name: string, entry: string, work: (worker: EdgeServer) => Promise<T>): Promise<T> {
  const { main, modules } = await bundleWorker(entry);
  const folder = await mkdtemp(join(tmpdir(), `haqei-${name}-`));
  const manifest = { mainModule: main, modulesRoot: EDGE_FOLDER, modules };
  const worker = await startWorker({ config: { name, compatibilityDate: "2026-10-01", manifest } }, folder, 0);
  try {
    return await work(worker);
  } finally {
    await worker.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Does `work` with the Worker of `edge/answers.ts`. */
export const withAnswers = <T>(work: (worker: EdgeServer) => Promise<T>): Promise<T> =>
  withWorker("answers", join(EDGE_FOLDER, "answers.ts"), work);

/** A model's answers to texts, in their order, given by the edge's scoring code in workerd. */
export const answerInWorkerd = (model: Uint8Array<ArrayBuffer>, texts: readonly string[]): Promise<TimedAnswer[]> =>
  withAnswers(async ({ url }) => {
    await fetch(url, { method: "PUT", body: model });
    const answers: TimedAnswer[] = [];
    for (let from = 0; from < texts.length; from += BATCH) {
      const began = performance.now();
      const response = await fetch(url, { method: "POST", body: JSON.stringify(texts.slice(from, from + BATCH)) });
      const given = (await response.json()) as Answer[];
      // Clocks stand still inside the isolate: a batch is timed from here, the way included.
      const micros = ((performance.now() - began) * 1000) / given.length;
      answers.push(...given.map((answer) => ({ ...answer, micros })));
    }
    return answers;
  });

/** `measure` in workerd, with the edge's kernel: the model as it is shipped, where it is served. Throws what `measure` throws. */
export const measureInWorkerd = (
  { queries, ...models }: ToMeasure,
  signal: AbortSignal | null = null,
): Promise<Measured> =>
  withWorker("measure", join(import.meta.dirname, "workerd/measure.ts"), async ({ url }) => {
    for (const [name, bytes] of Object.entries(models))
      await fetch(`${url}/${name}`, { method: "PUT", body: new Uint8Array(bytes), signal });
    const response = await fetch(url, { method: "POST", body: JSON.stringify(queries), signal });
    if (response.status === 422) {
      const { message, hint } = (await response.json()) as { message: string; hint: string };
      throw new InputError(message, hint);
    }
    if (!response.ok) throw new Error(`measuring in workerd ended with status ${response.status}`);
    return (await response.json()) as Measured;
  });
