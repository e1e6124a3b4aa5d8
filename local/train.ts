import { askTeacher } from "#activities/teacher.ts";
import type {
  CompressionConfig,
  LadderRung,
  PriorityLearning,
  TeacherConfig,
  TrainingConfig,
} from "#contracts/config.ts";
import type { Example } from "#contracts/example.ts";
import { openArrow } from "#datasets/arrow-stream.ts";
import { readAuthored } from "#datasets/authored.ts";
import { decodeModel } from "#model/codec.ts";
import { sha256 } from "#stores/digest.ts";
import { compress } from "#training/compress.ts";
import { readTsv } from "#training/examples.ts";
import { pinsOf } from "#training/pinning.ts";
import { classesOf } from "#training/problem.ts";
import { refitWhereBetter } from "#training/refit.ts";
import { trainInThread } from "#training/run.ts";
import { trainStream } from "#training/stream.ts";
import type { Progress as TrainingProgress, TrainResult } from "#training/train.ts";
import { readGiven } from "./model-folder.ts";
import type { Progress } from "./progress.ts";

export type TrainedModel = {
  bytes: Uint8Array;
  /** The model before it was compressed. */
  original: Uint8Array;
  model: { sha256: string; bytes: number; classes: number; rung: string };
  backend: string;
  /** Of fitting and compressing. */
  seconds: number;
  report: Record<string, unknown>;
};

/** Trains on a data set and compresses, as the stages `03:train` and `05:compress` do, without Temporal. */
export async function trainModel(options: {
  dataset: string;
  /** True: one file of `label<TAB>text`, all of it to train from; false: a folder of authored data. */
  isTable: boolean;
  /** A table of held-out examples; without it those of the folder, and none for a table. */
  dev?: string | undefined;
  training: TrainingConfig;
  compression: CompressionConfig;
  seed: number;
  /** Most bytes of the compressed model, 0 for any size; without it the settings' own. */
  maxBytes?: number | undefined;
  teacher: TeacherConfig;
  priority: PriorityLearning;
  /** An uncompressed model to go on from. */
  parent?: Uint8Array | undefined;
  /** File in which the teacher's embeddings are kept. */
  embeddings: string;
  log: Progress;
}): Promise<TrainedModel> {
  const { dataset, isTable, training, compression, seed, teacher: asked, embeddings, priority, parent, log } = options;
  const maxBytes = options.maxBytes ?? training.maxBytes;
  const { examples, classes } = isTable ? readTable(dataset) : await readAuthored(dataset);
  const train = examples.filter(({ split }) => split === "train");
  const dev = options.dev ? readTable(options.dev).examples : examples.filter(({ split }) => split === "dev");
  log(`${train.length} examples of ${classes.length} classes.`);
  const begun = Date.now();
  const { teacher, said } = await askTeacher(asked, { texts: train.map(({ text }) => text) }, embeddings, {
    onProgress: (done, all) => log(`teacher: ${done} of ${all} texts`),
  });
  log(`${said}.`);
  const { model, report } = await trainInThread(
    {
      examples: train,
      dev,
      classes,
      options: training,
      seed,
      rung: training.rung,
      priority,
      ...(teacher ? { teacher } : {}),
      ...(parent ? { parent } : {}),
      ...(maxBytes > 0 ? { maxBytes } : {}),
    },
    { onProgress: progressLine(log) },
  );
  const { rung } = training;
  const { keys: pinned } = pinsOf(compression.pinned, decodeModel(model), train);
  const plain = compress(model, rung, maxBytes, pinned);
  const bytes =
    rung === "coded"
      ? await refitWhereBetter(model, plain, { ...compression.refit, maxBytes, pinned, seed, examples: train, dev })
      : plain;
  return finished({ model, report }, bytes, { rung, begun, teacher: teacher ? asked.model : "none" });
}

/**
 * `trainModel` for an Arrow file of any length, read a few record batches at a time; its `dev` examples calibrate. Neither teacher,
 * parent nor priority learning, and nothing is pinned or fitted again.
 */
export async function trainStreamed(options: {
  dataset: string;
  training: TrainingConfig;
  seed: number;
  maxBytes?: number | undefined;
  log: Progress;
}): Promise<TrainedModel> {
  const { dataset, training, seed, log } = options;
  const { rung } = training;
  const maxBytes = options.maxBytes ?? training.maxBytes;
  const begun = Date.now();
  const source = await openArrow(dataset);
  try {
    log(`${source.batches} record batches of ${source.classes.length} classes, streamed.`);
    const made = await trainStream(
      { source, options: training, seed, rung, ...(maxBytes > 0 ? { maxBytes } : {}) },
      progressLine(log),
    );
    return finished(made, compress(made.model, rung, maxBytes), { rung, begun, teacher: "none" });
  } finally {
    await source.close();
  }
}

/** What was trained and what it was compressed to, and how they came about. */
function finished(
  { model, report }: Pick<TrainResult, "model" | "report">,
  bytes: Uint8Array,
  { rung, begun, teacher }: { rung: LadderRung; begun: number; teacher: string },
): TrainedModel {
  return {
    bytes,
    original: model,
    model: { sha256: sha256(bytes), bytes: bytes.byteLength, classes: report.classes, rung },
    backend: report.backend,
    seconds: (Date.now() - begun) / 1000,
    report: { ...report, uncompressedBytes: model.byteLength, teacher },
  };
}

const progressLine =
  (log: Progress) =>
  ({ phase, epoch, epochs, loss, etaSeconds }: TrainingProgress): void =>
    log(
      phase === "fit"
        ? `fit: epoch ${epoch} of ${epochs}${loss === undefined ? "" : `, loss ${loss.toFixed(3)}`}${etaSeconds === undefined ? "" : `, ${Math.ceil(etaSeconds)} s left`}`
        : phase,
    );

function readTable(file: string): { examples: Example[]; classes: string[] } {
  const rows = readTsv(readGiven(file), file);
  const examples = rows.map(({ label, text, lang }, index): Example => {
    const id = `row-${index + 1}`;
    return {
      id,
      label,
      text,
      lang: lang ?? "und",
      split: "train",
      weight: 1,
      source: "authored",
      family: id,
      acceptable: [],
    };
  });
  return { examples, classes: classesOf(rows) };
}
