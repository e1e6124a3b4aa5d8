import { Client } from "@temporalio/client";
import { temporal } from "@temporalio/proto";
import { TestWorkflowEnvironment } from "@temporalio/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findBinary, TIME_SKIPPING_SERVER } from "#local/temporal-binary.ts";
import { payloadCodec } from "#workers/payload-codec.ts";
import { quietWorkers } from "../support/quiet.ts";

let environment: TestWorkflowEnvironment;
beforeAll(async () => {
  quietWorkers();
  const path = await findBinary(TIME_SKIPPING_SERVER);
  environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: "existing-path", path } },
  });
});
afterAll(() => environment?.teardown());

it("leaves nothing readable in the server's history, and the client reads it all the same", async () => {
  const keys = [{ id: "a", key: "5c".repeat(32) }];
  const { connection } = environment;
  const client = new Client({ connection, dataConverter: { payloadCodecs: [payloadCodec(keys)] } });
  const secret = "上司に怒鳴られた";
  // Nobody works: the input alone is what the server is given to keep.
  const handle = await client.workflow.start("dailyBatch", {
    taskQueue: "nobody",
    workflowId: "encrypted",
    args: [{ note: secret }],
    memo: { note: secret },
  });
  const history = await handle.fetchHistory();
  const bytes = Buffer.from(temporal.api.history.v1.History.encode(history).finish());
  expect(history.events?.length).toBeGreaterThan(0);
  expect(bytes.includes(secret)).toBe(false);
  expect(bytes.includes("binary/encrypted")).toBe(true);
  expect((await handle.describe()).memo).toEqual({ note: secret });
});
