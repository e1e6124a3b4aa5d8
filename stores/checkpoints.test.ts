import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CheckpointStore, folderCheckpoints } from "./checkpoints.ts";

let folder: string;
let checkpoints: CheckpointStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "haqei-checkpoints-"));
  checkpoints = folderCheckpoints(join(folder, "not yet there"));
});
afterAll(() => rm(folder, { recursive: true }));

test("a checkpoint is the last one written, until it is removed", async () => {
  expect(await checkpoints.read("key")).toBeUndefined();
  await checkpoints.write("key", new Uint8Array([1]));
  await checkpoints.write("key", new Uint8Array([2, 3]));
  expect(await checkpoints.read("key")).toEqual(new Uint8Array([2, 3]));
  expect(await checkpoints.read("other")).toBeUndefined();
  await checkpoints.remove("key");
  expect(await checkpoints.read("key")).toBeUndefined();
});

test("removing what is not there is no error", async () => {
  await expect(checkpoints.remove("never written")).resolves.toBeUndefined();
});
