import { parentPort, workerData } from "node:worker_threads";
import { InputError } from "#contracts/errors.ts";
import { answerFromThread } from "#training/in-thread.ts";
import { useKernelInNode } from "#training/kernel.ts";
import { compress } from "./compress.ts";
import type { ComputingStage, FromThread, ToThread } from "./off-thread.ts";
import type { StageContext, StageWork } from "./stage.ts";
import { validate } from "./validate.ts";

/** The other side of `offThread`. A cancelled stage's thread is ended from outside, so its signal never speaks. */

const WORK: Readonly<Record<ComputingStage, (context: StageContext) => Promise<StageWork>>> = {
  validate: validate(),
  compress: compress(),
};

const { activity, call, inputs } = workerData as ToThread;
const post = (message: FromThread): void => parentPort?.postMessage(message);

useKernelInNode();
await answerFromThread(() =>
  WORK[activity]({
    call,
    signal: new AbortController().signal,
    report: (details) => post({ kind: "report", details }),
    input: async (role) => {
      const bytes = inputs[role];
      if (bytes) return bytes;
      throw new InputError(`${call.stage} has no input ${role}`, "Its declaration in workflows/ must name it.");
    },
  }),
);
