import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { temporal } from "@temporalio/proto";
import { TestWorkflowEnvironment } from "@temporalio/testing";
import { findBinary, TIME_SKIPPING_SERVER } from "#local/temporal-binary.ts";
import { workflowBundle } from "#workers/workflow-bundle.ts";
import { searchAttributes } from "#workflows/messages.ts";
import { quietWorkers } from "./quiet.ts";

/** A server whose clock jumps over waits, with our search attributes, and the bundled workflows. The caller tears it down. */
export async function timeSkipping(): Promise<{ environment: TestWorkflowEnvironment; codePath: string }> {
  quietWorkers();
  const path = await findBinary(TIME_SKIPPING_SERVER);
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: "existing-path", path } },
  });
  const keyword = temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
  await environment.connection.operatorService.addSearchAttributes({
    namespace: "default",
    searchAttributes: Object.fromEntries(Object.values(searchAttributes).map(({ name }) => [name, keyword])),
  });
  return { environment, codePath: await workflowBundle(await mkdtemp(join(tmpdir(), "haqei-bundle-"))) };
}
