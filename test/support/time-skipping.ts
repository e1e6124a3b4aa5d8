import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { temporal } from "@temporalio/proto";
import { TestWorkflowEnvironment } from "@temporalio/testing";
import type { WorkerOptions } from "@temporalio/worker";
import type { RunSpan } from "#contracts/trace.ts";
import { findBinary, TIME_SKIPPING_SERVER } from "#local/temporal-binary.ts";
import { tracedActivity, tracedClient } from "#workers/traced.ts";
import { workflowBundle } from "#workers/workflow-bundle.ts";
import { searchAttributes } from "#workflows/messages.ts";
import { quietWorkers } from "./quiet.ts";

export interface TimeSkipping {
  environment: TestWorkflowEnvironment;
  /** What every worker is given: the bundled workflows, and what keeps their traces. */
  workerOptions: Pick<WorkerOptions, "workflowBundle" | "interceptors" | "sinks">;
  /** Spans that workflows told of themselves. */
  spans: RunSpan[];
}

/** A server whose clock jumps over waits, with our search attributes, and the bundled workflows. The caller tears it down. */
export async function timeSkipping(): Promise<TimeSkipping> {
  quietWorkers();
  const path = await findBinary(TIME_SKIPPING_SERVER);
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: "existing-path", path } },
    client: { interceptors: { workflow: [tracedClient] } },
  });
  const keyword = temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
  await environment.connection.operatorService.addSearchAttributes({
    namespace: "default",
    searchAttributes: Object.fromEntries(Object.values(searchAttributes).map(({ name }) => [name, keyword])),
  });
  const spans: RunSpan[] = [];
  const workerOptions = {
    workflowBundle: { codePath: await workflowBundle(await mkdtemp(join(tmpdir(), "haqei-bundle-"))) },
    interceptors: { activity: [tracedActivity] },
    sinks: { trace: { ended: { fn: (_: unknown, span: RunSpan) => void spans.push(span) } } },
  };
  return { environment, workerOptions, spans };
}
