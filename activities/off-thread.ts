import type { StageCall } from "#contracts/run.ts";
import { inThread } from "#training/in-thread.ts";
import type { StageContext, StageWork } from "./stage.ts";

/** Stages that compute what their inputs come to and reach for nothing else. */
export type ComputingStage = "validate" | "compress";

export interface ToThread {
  readonly activity: ComputingStage;
  readonly call: StageCall;
  /** Bytes by role. */
  readonly inputs: Readonly<Record<string, Uint8Array>>;
}

export interface FromThread {
  readonly kind: "report";
  readonly details: unknown;
}

/** A stage's work in a thread of its own: computing for seconds, it would hold the worker's, and with it heartbeats and workflows. */
export const offThread =
  (activity: ComputingStage) =>
  async ({ call, signal, report, input }: StageContext): Promise<StageWork> => {
    const roles = await Promise.all(Object.keys(call.inputs).map(async (role) => [role, await input(role)] as const));
    const data: ToThread = { activity, call, inputs: Object.fromEntries(roles) };
    return inThread<StageWork, FromThread>(new URL("./computing-thread.ts", import.meta.url), data, {
      signal,
      onMessage: ({ details }) => report(details),
    });
  };
