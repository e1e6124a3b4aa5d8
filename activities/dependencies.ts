import type { Config } from "#contracts/config.ts";
import type { ArtefactStore } from "#stores/artefacts.ts";
import type { CheckpointStore } from "#stores/checkpoints.ts";
import type { EdgeClient } from "#stores/edge.ts";
import type { Registry } from "#stores/registry.ts";
import type { Signer } from "#stores/signing.ts";
import type { Measured, ToMeasure } from "#training/measure.ts";

/** What activities work with; a worker makes it once and hands it in. */
export interface Dependencies {
  config: Config;
  /** Folder of the config file: relative paths in it start here. */
  directory: string;
  artefacts: ArtefactStore;
  /** What the edge reads: released models and readings. */
  released: ArtefactStore;
  registry: Registry;
  checkpoints: CheckpointStore;
  /** Folder for what is too large to hold and is removed again by whoever wrote it. */
  scratch: string;
  /** Folder of the local processes' log files. */
  logs: string;
  /** File in which a teacher's embeddings are kept. */
  embeddings: string;
  edge: EdgeClient;
  /** Vouches for models that passed, and for pointers. */
  signer: Signer;
  /** Measures a model in the runtime that serves it. */
  measureAsServed: (given: ToMeasure, signal: AbortSignal) => Promise<Measured>;
  /** Digest of each stage's bundled code, by activity name. */
  codeDigests: Record<string, string>;
  /** Address of the page that draws a run. */
  picture: (workflowId: string) => string | undefined;
  /** Milliseconds since 1970. */
  now: () => number;
}
