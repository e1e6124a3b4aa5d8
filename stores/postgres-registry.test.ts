import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ConflictError, NotReachableError } from "#contracts/errors.ts";
import { postgresRegistry } from "./postgres-registry.ts";
import type { Registry } from "./registry.ts";
import { type PostgresServer, startPostgres } from "./test-support/postgres.ts";

let server: PostgresServer | undefined;
const opened: Registry[] = [];
beforeAll(async () => {
  server = await startPostgres();
  if (server === undefined) console.warn("skipped: Postgres is not installed (Debian: apt-get install postgresql)");
}, 60_000);
afterAll(async () => {
  for (const registry of opened) registry.close();
  await server?.stop();
});

const open = (): Registry => {
  const registry = postgresRegistry((server as PostgresServer).url);
  opened.push(registry);
  return registry;
};

describe("a registry in Postgres", () => {
  beforeEach((context) => {
    if (server === undefined) context.skip();
  });

  it("counts changes, and refuses who believes in another epoch", async () => {
    const registry = open();
    expect(await registry.read("a")).toEqual({ value: undefined, epoch: 0 });
    expect(await registry.compareAndSet("a", 0, { 水: "雷屯" })).toBe(1);
    for (const expected of [0, 2, -1])
      await expect(registry.compareAndSet("a", expected, "x")).rejects.toThrow(ConflictError);
    expect(await registry.compareAndSet("a", 1, null)).toBe(2);
    expect(await registry.read("a")).toEqual({ value: null, epoch: 2 });
    await expect(registry.compareAndSet("absent", 1, "x")).rejects.toThrow(ConflictError);
  });

  it("lets one of fifty writers win, who begin with making the table", async () => {
    const registries = Array.from({ length: 5 }, open);
    const tries = Array.from({ length: 50 }, (_, writer) =>
      (registries[writer % 5] as Registry).compareAndSet("race", 0, writer).then(
        () => writer,
        (error: unknown) => error,
      ),
    );
    const ended = await Promise.all(tries);
    const winners = ended.filter((end) => typeof end === "number");
    expect(winners).toHaveLength(1);
    expect(ended.filter((end) => end instanceof ConflictError)).toHaveLength(49);
    expect(await open().read("race")).toEqual({ value: winners[0], epoch: 1 });
  });

  it("loses no count of many writers who try again", async () => {
    const registry = open();
    const add = async (): Promise<void> => {
      for (;;) {
        const { value, epoch } = await registry.read<number>("sum");
        try {
          await registry.compareAndSet("sum", epoch, (value ?? 0) + 1);
          return;
        } catch (error) {
          if (!(error instanceof ConflictError)) throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: 20 }, add));
    expect(await registry.read("sum")).toEqual({ value: 20, epoch: 20 });
  });
});

it("says so where the database does not answer", async () => {
  const registry = postgresRegistry("postgres://haqei@127.0.0.1:1/postgres");
  opened.push(registry);
  await expect(registry.read("a")).rejects.toThrow(NotReachableError);
});
