import { z } from "zod";
import { Config } from "#contracts/config.ts";
import { type Example, UnjudgedQueries } from "#contracts/example.ts";
import { fromArrow, toArrow } from "#datasets/arrow.ts";
import { sha256 } from "#stores/digest.ts";
import { trainInThread } from "#training/run.ts";
import type { Dependencies } from "./dependencies.ts";
import { jsonOf, type StageContext, type StageWork } from "./stage.ts";
import { askTeacher } from "./teacher.ts";

const Asked = z.object({ seed: z.number().int() });
const Settings = z.object({
  training: Config.shape.training,
  teacher: Config.shape.teacher,
  learning: Config.shape.learning,
});

/**
 * `03:train`: fits a model on the frozen data set, in a thread of its own so that heartbeats go on. After each epoch the state is
 * kept under the stage's key: whatever attempt comes next, in whichever worker, goes on from there. A configured teacher is asked for
 * the training examples and the queries that it may label, and for no text that is held out. What it labelled is kept beside the model.
 */
export const train =
  ({ checkpoints, embeddings }: Pick<Dependencies, "checkpoints" | "embeddings">) =>
  async ({ call, input, signal, report }: StageContext): Promise<StageWork> => {
    const { seed } = Asked.parse(call.asked);
    const { training, teacher: asked, learning } = Settings.parse(call.settings);
    const { examples, classes } = fromArrow(await input("dataset"));
    const learnt = examples.filter(({ split }) => split === "train");
    const unjudged = call.inputs.unjudged ? UnjudgedQueries.parse(jsonOf(await input("unjudged"))) : [];
    const { teacher, missed, said } = await askTeacher(
      asked,
      { texts: learnt.map(({ text }) => text), unjudged: unjudged.map(({ text }) => text) },
      embeddings,
      { signal, onProgress: (done, all) => report({ phase: "teacher", done, all }) },
    );
    // An attempt that finds the teacher back begins anew instead of going on from one that missed it.
    const place = missed ? `${call.key}.untaught` : call.key;
    const checkpoint = await checkpoints.read(place);
    const {
      model,
      taught,
      report: figures,
    } = await trainInThread(
      {
        examples: learnt,
        dev: examples.filter(({ split }) => split === "dev"),
        classes,
        options: training,
        seed,
        rung: training.rung,
        ...(training.maxBytes > 0 ? { maxBytes: training.maxBytes } : {}),
        priority: learning.priority_learning,
        ...(teacher ? { teacher } : {}),
        ...(call.inputs.parent ? { parent: await input("parent") } : {}),
        ...(checkpoint ? { checkpoint } : {}),
      },
      {
        signal,
        onProgress: report,
        onCheckpoint: (bytes) => checkpoints.write(place, bytes),
      },
    );
    const labelled = taught.map(({ row, label, text, weight }): Example => {
      const id = `t-${sha256(text).slice(0, 16)}`;
      const lang = unjudged[row]?.lang ?? "und";
      return { id, label, text, lang, split: "train", weight, source: "teacher", family: id, acceptable: [] };
    });
    return {
      kind: "model",
      bytes: model,
      ...(labelled.length > 0
        ? {
            beside: {
              taught: {
                kind: "dataset" as const,
                bytes: toArrow({ examples: labelled, classes }),
                metrics: { examples: labelled.length },
              },
            },
          }
        : {}),
      metrics: {
        bytes: model.byteLength,
        rung: "float32",
        backend: figures.backend,
        dimension: figures.dimension,
        features: figures.features,
        // A parent's dimensions were chosen when it was made.
        ...(Number.isFinite(figures.varianceExplained) ? { variance_explained: figures.varianceExplained } : {}),
        warm: call.inputs.parent !== undefined,
        teacher: teacher ? asked.model : "none",
        ...(figures.teacherTop1 === undefined ? {} : { teacher_top1: figures.teacherTop1 }),
        ...(figures.taught === undefined ? {} : { taught: figures.taught }),
      },
      timings: { seconds: figures.seconds, resumed_epochs: figures.resumedEpochs },
      summary: `${figures.features.toLocaleString("en-US")} features in ${figures.dimension} dimensions, ${(model.byteLength / 1e6).toFixed(1)} MB${figures.resumedEpochs > 0 ? `, resumed after epoch ${figures.resumedEpochs}` : ""}; ${said}${figures.taught ? `, which labelled ${figures.taught.toLocaleString("en-US")} queries more` : ""}`,
      keep: !missed,
      tidy: () => checkpoints.remove(place),
    };
  };
