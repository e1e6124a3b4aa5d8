import { inThread } from "./in-thread.ts";
import type { Progress, TrainInput, TrainResult } from "./train.ts";

export interface ToThread {
  readonly input: TrainInput;
  readonly checkpointSeconds: number | undefined;
}

export type FromThread =
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "checkpoint"; readonly bytes: Uint8Array; readonly progress: Progress };

export interface RunHooks {
  /** Ends the training within a second; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Called one at a time, in order; where it fails, the training ends with its error. */
  readonly onCheckpoint?: (bytes: Uint8Array, progress: Progress) => void | Promise<void>;
  /** Least time between checkpoints (one is made at the end of an epoch at the earliest); 5 without it. */
  readonly checkpointSeconds?: number;
}

/** `train` in a thread of its own, so that the caller's stays free for heartbeats. Errors are those of `train`. */
export function trainInThread(input: TrainInput, hooks: RunHooks = {}): Promise<TrainResult> {
  const { signal, onProgress, onCheckpoint, checkpointSeconds = 5 } = hooks;
  const data: ToThread = { input, checkpointSeconds: onCheckpoint ? checkpointSeconds : undefined };
  return inThread<TrainResult, FromThread>(new URL("./thread.ts", import.meta.url), data, {
    signal,
    onMessage: (message) =>
      message.kind === "progress" ? onProgress?.(message.progress) : onCheckpoint?.(message.bytes, message.progress),
  });
}
