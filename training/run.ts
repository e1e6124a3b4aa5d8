import { Worker } from "node:worker_threads";
import { HaqeiError, InputError, NonFiniteError } from "#contracts/errors.ts";
import type { Progress, TrainInput, TrainResult } from "./train.ts";

export interface ToThread {
  readonly input: TrainInput;
  readonly checkpointSeconds: number | undefined;
}

export type FromThread =
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "checkpoint"; readonly bytes: Uint8Array; readonly progress: Progress }
  | { readonly kind: "done"; readonly result: TrainResult }
  | { readonly kind: "failed"; readonly name: string; readonly message: string; readonly hint: string };

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
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const workerData: ToThread = { input, checkpointSeconds: onCheckpoint ? checkpointSeconds : undefined };
    const worker = new Worker(new URL("./thread.ts", import.meta.url), {
      workerData,
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    const end = (settle: () => void): void => {
      signal?.removeEventListener("abort", onAbort);
      worker.removeAllListeners();
      void worker.terminate().then(settle, settle);
    };
    const fail = (error: unknown): void => end(() => reject(error));
    const onAbort = (): void => fail(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });

    let checkpoints = Promise.resolve();
    worker.on("message", (message: FromThread) => {
      if (message.kind === "progress") onProgress?.(message.progress);
      else if (message.kind === "checkpoint") {
        checkpoints = checkpoints.then(() => onCheckpoint?.(message.bytes, message.progress));
        checkpoints.catch(fail);
      } else if (message.kind === "done") {
        // The thread's last message and its end may come in one turn, before the promise is asked: that end is no failure.
        worker.removeAllListeners("exit");
        void checkpoints.then(() => end(() => resolve(message.result)), fail);
      } else fail(revive(message));
    });
    worker.on("error", fail);
    worker.on("exit", (code) => fail(new Error(`the training thread ended by itself with status ${code}`)));
  });
}

function revive({ name, message, hint }: Extract<FromThread, { kind: "failed" }>): Error {
  if (name === "InputError") return new InputError(message, hint);
  if (name === "NonFiniteError") return new NonFiniteError(message, hint);
  const error = hint === "" ? new Error(message) : new HaqeiError(message, hint);
  error.name = name;
  return error;
}
