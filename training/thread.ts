import { parentPort, workerData } from "node:worker_threads";
import { HaqeiError } from "#contracts/errors.ts";
import type { FromThread, ToThread } from "./run.ts";
import { train } from "./train.ts";

/** The other side of `trainInThread`: trains on what it was started with and posts what happens. */

const { input, checkpointSeconds } = workerData as ToThread;
const post = (message: FromThread): void => parentPort?.postMessage(message);

let lastCheckpoint = performance.now();
try {
  const result = await train(input, {
    onProgress: (progress) => post({ kind: "progress", progress }),
    onEpoch(checkpoint, progress) {
      if (checkpointSeconds === undefined || performance.now() - lastCheckpoint < checkpointSeconds * 1000) return;
      post({ kind: "checkpoint", bytes: checkpoint(), progress });
      lastCheckpoint = performance.now();
    },
  });
  post({ kind: "done", result });
} catch (error) {
  // Classes do not survive the way between threads; name, message and hint do.
  const { name, message } = error as Error;
  post({ kind: "failed", name, message, hint: error instanceof HaqeiError ? error.hint : "" });
}
