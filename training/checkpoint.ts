import { createHash } from "node:crypto";
import type { PriorityLearning, TrainingConfig } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import { pack, unpack } from "#model/container.ts";
import { FEATURES_VERSION } from "#model/features.ts";
import { NORMALISER_VERSION } from "#model/normalise.ts";
import { segmenterPrint } from "#model/segment.ts";
import type { Best } from "./early-stop.ts";
import type { Weights } from "./initialise.ts";
import type { LabelledText } from "./problem.ts";
import type { Teacher } from "./teacher.ts";

const MAGIC = "HAQEICKP";

/** Where a training run stands: `epoch` epochs done of the `soup`-th run in the `pass`-th pass, all counted from 0. */
export interface Position {
  readonly pass: number;
  readonly soup: number;
  readonly epoch: number;
}

/** All that a run needs to go on from an epoch's end and still give the bytes of an unbroken one. */
export interface Checkpoint {
  readonly position: Position;
  /** The vocabulary of the pass. */
  readonly keys: Uint32Array;
  readonly weights: Weights;
  /** Sum of the weights of the soup's finished runs; absent during the first. */
  readonly sum: Weights | undefined;
  /** Best weights of the present run; absent where nobody looks for them. */
  readonly best?: Best | undefined;
}

interface Header {
  /** Fingerprint of the run. */
  run: string;
  position: Position;
  vocabulary: number;
  classes: number;
  dimension: number;
  /** Whether the sum of finished runs follows the weights. */
  sum: boolean;
  /** The best epoch of the present run, whose weights come last. */
  best: { epoch: number; right: number } | null;
}

/** Digest of everything the result depends on; a checkpoint serves only the run it was made by. */
export function fingerprint(input: {
  examples: readonly LabelledText[];
  dev?: readonly LabelledText[];
  classes: readonly string[];
  options: TrainingConfig;
  seed: number;
  maxBytes?: number;
  rung?: string;
  teacher?: Teacher;
  parent?: Uint8Array;
  priority?: PriorityLearning;
}): string {
  const { examples, classes, options, seed, maxBytes, rung, teacher, parent, priority } = input;
  // Without patience dev decides nothing that a checkpoint holds.
  const watched = options.patience > 0 ? (input.dev ?? []) : [];
  const rows = [...examples, ...watched].map(({ label, text, weight = 1, family }) => [
    label,
    text,
    weight,
    ...(teacher ? [family] : []),
  ]);
  const versions = [NORMALISER_VERSION, FEATURES_VERSION, ...(options.segmenter ? [segmenterPrint()] : [])];
  const hash = createHash("sha256").update(
    JSON.stringify([
      versions,
      classes,
      Object.entries(options).sort(),
      seed,
      maxBytes ?? 0,
      rung ?? "",
      priority ?? "",
      rows,
    ]),
  );
  if (teacher) {
    const { buffer, byteOffset, byteLength } = teacher.embeddings;
    hash
      .update(JSON.stringify([teacher.mix, teacher.margin, teacher.dropout]))
      .update(new Uint8Array(buffer, byteOffset, byteLength));
    if (teacher.unjudged) {
      const { texts, embeddings, weight, confidence } = teacher.unjudged;
      hash
        .update(JSON.stringify([texts, weight, confidence]))
        .update(new Uint8Array(embeddings.buffer, embeddings.byteOffset, embeddings.byteLength));
    }
  }
  if (parent) hash.update("parent").update(parent);
  return hash.digest("hex");
}

export function encodeCheckpoint(checkpoint: Checkpoint, run: string): Uint8Array {
  const { position, keys, weights, sum, best } = checkpoint;
  const header: Header = {
    run,
    position,
    vocabulary: keys.length,
    classes: weights.bias.length,
    dimension: weights.dimension,
    sum: sum !== undefined,
    best: best ? { epoch: best.epoch, right: best.right } : null,
  };
  const parts = [weights, ...(sum ? [sum] : []), ...(best ? [best.weights] : [])].flatMap(({ vectors, head, bias }) => [
    vectors,
    head,
    bias,
  ]);
  return pack(MAGIC, header, [keys, ...parts]);
}

/** Throws InputError for malformed bytes and for a checkpoint of another run. The arrays are copies. */
export function decodeCheckpoint(bytes: Uint8Array, run: string): Checkpoint {
  const { header: raw, sections } = unpack(MAGIC, "checkpoint", bytes);
  const header = raw as Header | null;
  if (header?.run !== run) {
    throw new InputError(
      "the checkpoint was made by a training run on other examples, options or seed",
      "Train without the checkpoint.",
    );
  }
  const { vocabulary, classes, dimension, position } = header;
  const keys = sections.uint32(vocabulary, "keys").slice();
  const readWeights = (): Weights => ({
    dimension,
    vectors: sections.float32(vocabulary * dimension, "vectors").slice(),
    head: sections.float32(classes * dimension, "head").slice(),
    bias: sections.float32(classes, "bias").slice(),
  });
  const weights = readWeights();
  const sum = header.sum ? readWeights() : undefined;
  const best = header.best ? { ...header.best, weights: readWeights() } : undefined;
  sections.end();
  return { position, keys, weights, sum, best };
}
