import { Context } from "@temporalio/activity";

const HEARTBEAT = 2_000;

/** Says that the worker lives while an errand waits for others: one that was killed is noticed within seconds. */
export async function beating<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  context.heartbeat();
  const beat = setInterval(() => context.heartbeat(), HEARTBEAT);
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}
