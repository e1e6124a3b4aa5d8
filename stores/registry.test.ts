import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConflictError } from "#contracts/errors.ts";
import { type Registry, sqliteRegistry } from "./registry.ts";

let folder: string;
let path: string;
let opened: Registry[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "haqei-registry-"));
  path = join(folder, "not yet there", "registry.sqlite");
  opened = [];
});
afterEach(async () => {
  for (const registry of opened) registry.close();
  await rm(folder, { recursive: true });
});

function open(): Registry {
  const registry = sqliteRegistry(path);
  opened.push(registry);
  return registry;
}

describe("a record", () => {
  test("is absent at epoch 0, and each change counts one", async () => {
    const registry = open();
    expect(await registry.read("events/log")).toEqual({ value: undefined, epoch: 0 });
    expect(await registry.compareAndSet("events/log", 0, { cursor: 1 })).toBe(1);
    expect(await registry.compareAndSet("events/log", 1, { cursor: 2 })).toBe(2);
    expect(await registry.read("events/log")).toEqual({ value: { cursor: 2 }, epoch: 2 });
    expect(await registry.read("another")).toEqual({ value: undefined, epoch: 0 });
  });

  test.each([0, 2, 3, -1])("at epoch 1 is not changed by who believes it at %i", async (expected) => {
    const registry = open();
    await registry.compareAndSet("a", 0, "first");
    await expect(registry.compareAndSet("a", expected, "second")).rejects.toThrow(ConflictError);
    expect(await registry.read("a")).toEqual({ value: "first", epoch: 1 });
  });

  test("that is not there is not changed as if it were", async () => {
    const registry = open();
    await expect(registry.compareAndSet("a", 1, "x")).rejects.toThrow(ConflictError);
    expect(await registry.read("a")).toEqual({ value: undefined, epoch: 0 });
  });

  test("survives that the file is closed and opened again", async () => {
    const first = sqliteRegistry(path);
    await first.compareAndSet("a", 0, { 水: "雷屯" });
    first.close();
    expect(await open().read("a")).toEqual({ value: { 水: "雷屯" }, epoch: 1 });
  });
});

describe("many writers", () => {
  test("of 50 at once on two handles one wins, at every epoch, and the others meet a ConflictError", async () => {
    const handles = [open(), open()] as const;
    for (const epoch of [0, 1]) {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 50 }, (_, writer) =>
          handles[writer % 2 === 0 ? 0 : 1].compareAndSet("a", epoch, { writer, epoch }),
        ),
      );
      const lost = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
      expect(lost).toHaveLength(49);
      for (const reason of lost) expect(reason).toBeInstanceOf(ConflictError);
      const winner = outcomes.findIndex(({ status }) => status === "fulfilled");
      for (const handle of handles)
        expect(await handle.read("a")).toEqual({ value: { writer: winner, epoch }, epoch: epoch + 1 });
    }
  });

  test("what one handle writes the other reads", async () => {
    const [one, other] = [open(), open()];
    await one.compareAndSet("a", 0, 1);
    await other.compareAndSet("a", 1, 2);
    expect(await one.read("a")).toEqual({ value: 2, epoch: 2 });
  });

  test("in threads of their own, who count by reading and trying again, lose no count", async () => {
    const counter = `
      import { parentPort, workerData } from "node:worker_threads";
      const { sqliteRegistry } = await import(workerData.module);
      const registry = sqliteRegistry(workerData.path);
      for (let done = 0; done < 25; ) {
        const { value, epoch } = await registry.read("count");
        try {
          await registry.compareAndSet("count", epoch, (value ?? 0) + 1);
          done += 1;
        } catch (error) {
          if (error.name !== "ConflictError") throw error;
        }
      }
      registry.close();
    `;
    const module = new URL("./registry.ts", import.meta.url).href;
    const ends = Array.from({ length: 4 }, () => {
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(counter)}`), {
        workerData: { module, path },
      });
      return new Promise<void>((resolve, reject) => worker.once("error", reject).once("exit", () => resolve()));
    });
    await Promise.all(ends);
    expect(await open().read("count")).toEqual({ value: 100, epoch: 100 });
  });
});
