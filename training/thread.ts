import { parentPort, workerData } from "node:worker_threads";
import { answerFromThread } from "./in-thread.ts";
import { useKernelInNode } from "./kernel.ts";
import type { FromThread, ToThread } from "./run.ts";
import { train } from "./train.ts";

/** The other side of `trainInThread`: trains on what it was started with and posts what happens. */

const { input, checkpointSeconds } = workerData as ToThread;
const post = (message: FromThread): void => parentPort?.postMessage(message);

// Sums each checkpoint up three times as fast, and scores dev by the same bits.
useKernelInNode();
let lastCheckpoint = performance.now();
await answerFromThread(() =>
  train(input, {
    onProgress: (progress) => post({ kind: "progress", progress }),
    onEpoch(checkpoint, progress) {
      if (checkpointSeconds === undefined || performance.now() - lastCheckpoint < checkpointSeconds * 1000) return;
      post({ kind: "checkpoint", bytes: checkpoint(), progress });
      lastCheckpoint = performance.now();
    },
  }),
);
