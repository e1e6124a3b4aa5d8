import { ServiceError, WorkflowFailedError } from "@temporalio/client";
import { expect, it } from "vitest";
import { untilOver } from "./until-over.ts";

/** A handle whose calls for a result come to these, one after another, the last again and again. */
function handleOf(...calls: (() => unknown)[]) {
  let asked = 0;
  return {
    result: async () => calls[Math.min(asked++, calls.length - 1)]?.(),
    asked: () => asked,
  };
}
const away = () => {
  throw new ServiceError("Workflow execution result could not be had");
};

it("waits on where the server was away, until the workflow is over", async () => {
  const handle = handleOf(away, () => "done");
  await untilOver(handle);
  expect(handle.asked()).toBe(2);
});

it("ends with a workflow that failed", async () => {
  const handle = handleOf(() => {
    throw new WorkflowFailedError("failed", new Error("a stage failed"), "NON_RETRYABLE_FAILURE" as never);
  });
  await untilOver(handle);
  expect(handle.asked()).toBe(1);
});

it("gives up on a server that stays away, and where it is told to", async () => {
  const handle = handleOf(away);
  await untilOver(handle, { patienceSeconds: 0 });
  expect(handle.asked()).toBe(1);
  await untilOver(handle, { signal: AbortSignal.abort() });
  expect(handle.asked()).toBe(1);
});
