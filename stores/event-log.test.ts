import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConflictError } from "#contracts/errors.ts";
import { type ArtefactStore, manifestOf } from "./artefacts.ts";
import type { EdgeClient } from "./edge.ts";
import { fetchEvents, linesOf, readDays, receivedAtOf } from "./event-log.ts";
import type { Registry } from "./registry.ts";

const lineOf = (seq: number, receivedAt: number): string => `{"seq":${seq},"receivedAt":${receivedAt},"id":"e${seq}"}`;
/** A line that says neither when it was received nor anything else. */
const brokenLine = (seq: number): string => `{"seq":${seq},"rec`;

/** The edge's log, whose rows are numbered from 1; answers at most `pageSize` of them at a time. */
function edgeLog(lines: string[], pageSize = 1000): Pick<EdgeClient, "events"> {
  return {
    async events(after, limit) {
      const page = lines.slice(after, after + Math.min(limit, pageSize));
      return { lines: page, next: after + page.length };
    },
  };
}

interface Stores {
  registry: Registry;
  artefacts: ArtefactStore;
}

function memoryStores(): Stores {
  const entries = new Map<string, { text: string; epoch: number }>();
  const kept = new Map<string, Uint8Array>();
  return {
    registry: {
      async read<T>(name: string) {
        const entry = entries.get(name);
        return { value: entry ? (JSON.parse(entry.text) as T) : undefined, epoch: entry?.epoch ?? 0 };
      },
      async compareAndSet(name, expected, value) {
        if ((entries.get(name)?.epoch ?? 0) !== expected) throw new ConflictError("another was first", "read again");
        entries.set(name, { text: JSON.stringify(value), epoch: expected + 1 });
        return expected + 1;
      },
      close() {},
    },
    artefacts: {
      async put(kind, bytes, provenance) {
        const { sha256 } = manifestOf(kind, bytes, provenance);
        kept.set(sha256, bytes);
        return { uri: `memory:${sha256}`, sha256, bytes: bytes.byteLength, kind };
      },
      async get({ sha256 }) {
        return kept.get(sha256) as Uint8Array;
      },
      has: async ({ sha256 }) => kept.has(sha256),
      manifest: unasked,
      bless: unasked,
      blessing: unasked,
      list: unasked,
      remove: unasked,
    },
  };
}

const unasked = () => Promise.reject(new Error("nobody asks here"));

class Crash extends Error {}

/** The same methods, which crash just before or just after they do their work, at the moments that `crashes` names. */
function crashing<T extends object>(inner: T, crashes: () => boolean): T {
  return new Proxy(inner, {
    get(target, name) {
      const method = Reflect.get(target, name) as (...given: unknown[]) => Promise<unknown>;
      return async (...given: unknown[]) => {
        if (crashes()) throw new Crash("before");
        const result = await method.apply(target, given);
        if (crashes()) throw new Crash("after");
        return result;
      };
    },
  });
}

const noOne = (): void => {};
const readPartition = async (
  registry: Registry,
  artefacts: ArtefactStore,
  start: number,
  end: number,
): Promise<string[]> => {
  const [day] = (await readDays(registry, artefacts, [start, end])).days;
  const lines = [...linesOf(day?.bytes ?? new Uint8Array())];
  expect(lines).toHaveLength(day?.lines ?? 0);
  return lines;
};
const everything = (stores: Stores): Promise<string[]> =>
  readPartition(stores.registry, stores.artefacts, 0, Number.MAX_SAFE_INTEGER);

/** A log: its lines, of which some broken, and when each counts as received: a broken one with the line before it. */
const logs = fc.array(fc.record({ pause: fc.nat(40), broken: fc.boolean() }), { maxLength: 40 }).map((rows) => {
  let clock = 1000;
  return rows.map(({ pause, broken }, index) => {
    // The database puts the time of receipt into each line; the first of all is taken to be whole.
    if (broken && index > 0) return { line: brokenLine(index + 1), receivedAt: clock };
    clock += pause;
    return { line: lineOf(index + 1, clock), receivedAt: clock };
  });
});
const pageSizes = fc.integer({ min: 1, max: 12 });

describe("receivedAtOf", () => {
  test("reads the time that the database gave, from whole and from broken lines", () => {
    expect(receivedAtOf(lineOf(1, 1_767_225_600_000))).toBe(1_767_225_600_000);
    expect(receivedAtOf('{"seq":1,"receivedAt":17,"id":"cut sho')).toBe(17);
    expect(receivedAtOf(brokenLine(1))).toBeUndefined();
  });
  test("is not deceived by what a user wrote", () => {
    const line = JSON.stringify({ seq: 1, receivedAt: 17, reason: '"receivedAt":99' });
    expect(receivedAtOf(line)).toBe(17);
    expect(receivedAtOf(JSON.stringify({ seq: 1, reason: '"receivedAt":99' }))).toBeUndefined();
  });
});

describe("fetching", () => {
  test("brings all there is, and later what came since", async () => {
    const stores = memoryStores();
    const lines = Array.from({ length: 2500 }, (_, index) => lineOf(index + 1, index));
    const counts: number[] = [];
    expect(await fetchEvents(stores.registry, stores.artefacts, edgeLog(lines), (n) => counts.push(n))).toBe(2500);
    expect(counts).toEqual([1000, 2000, 2500]);
    expect(await fetchEvents(stores.registry, stores.artefacts, edgeLog(lines), noOne)).toBe(0);
    lines.push(lineOf(2501, 2500));
    expect(await fetchEvents(stores.registry, stores.artefacts, edgeLog(lines), noOne)).toBe(1);
    expect(await everything(stores)).toEqual(lines);
  });

  test("an error that is not a conflict is passed on", async () => {
    const { registry, artefacts } = memoryStores();
    const full = { ...registry, compareAndSet: () => Promise.reject(new Error("disk full")) };
    await expect(fetchEvents(full, artefacts, edgeLog([lineOf(1, 1)]), noOne)).rejects.toThrow("disk full");
  });

  test("crashed at any moments and started again, it keeps every line once and in order", async () => {
    await fc.assert(
      fc.asyncProperty(
        logs,
        pageSizes,
        fc.uniqueArray(fc.nat(60), { maxLength: 20 }),
        async (log, pageSize, moments) => {
          const lines = log.map(({ line }) => line);
          const stores = memoryStores();
          let moment = 0;
          let crashed = 0;
          const crashes = (): boolean => {
            const now = moments.includes(moment++);
            if (now) crashed++;
            return now;
          };
          for (let attempt = 0; ; attempt++) {
            try {
              await fetchEvents(
                crashing(stores.registry, crashes),
                crashing(stores.artefacts, crashes),
                crashing(edgeLog(lines, pageSize), crashes),
                noOne,
              );
              expect(attempt).toBe(crashed);
              break;
            } catch (error) {
              if (!(error instanceof Crash)) throw error;
            }
          }
          expect(await everything(stores)).toEqual(lines);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("a crash between each two steps in turn loses and doubles nothing", async () => {
    const lines = Array.from({ length: 6 }, (_, index) => lineOf(index + 1, index));
    // Three pages of four steps and the last look, with a moment before and one after each.
    const MOMENTS = 2 * (3 * 4 + 2);
    for (let chosen = 0; chosen < MOMENTS; chosen++) {
      const stores = memoryStores();
      let moment = 0;
      const crashes = (): boolean => moment++ === chosen;
      const attempt = () =>
        fetchEvents(
          crashing(stores.registry, crashes),
          crashing(stores.artefacts, crashes),
          crashing(edgeLog(lines, 2), crashes),
          noOne,
        );
      await expect(attempt()).rejects.toThrow(Crash);
      await attempt();
      expect(await everything(stores)).toEqual(lines);
    }
  });

  test("by several collectors at once is as by one, while the log grows", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), logs, pageSizes, async (scheduler, log, pageSize) => {
        const lines = log.map(({ line }) => line);
        const half = Math.floor(lines.length / 2);
        const growing = lines.slice(0, half);
        const stores = memoryStores();
        const collect = async (): Promise<number> => {
          const { events } = edgeLog(growing, pageSize);
          return fetchEvents(stores.registry, stores.artefacts, { events: scheduler.scheduleFunction(events) }, noOne);
        };
        const growth = scheduler.schedule(Promise.resolve()).then(() => growing.push(...lines.slice(half)));
        const [, ...counts] = await scheduler.waitFor(Promise.all([growth, collect(), collect(), collect()]));
        counts.push(await scheduler.waitFor(collect()));
        expect(counts.reduce((sum, n) => sum + n, 0)).toBe(lines.length);
        expect(await everything(stores)).toEqual(lines);
      }),
    );
  });
});

describe("partitions", () => {
  test("are closed by time of receipt, whatever the pages were, and broken lines go with the line before", async () => {
    await fc.assert(
      fc.asyncProperty(
        logs,
        pageSizes,
        fc.uniqueArray(fc.integer({ min: 900, max: 3000 }), { maxLength: 5 }),
        async (log, pageSize, cuts) => {
          const stores = memoryStores();
          await fetchEvents(
            stores.registry,
            stores.artefacts,
            edgeLog(
              log.map(({ line }) => line),
              pageSize,
            ),
            noOne,
          );
          const bounds = [0, ...cuts.sort((a, b) => a - b), Number.MAX_SAFE_INTEGER];
          for (const [index, start] of bounds.slice(0, -1).entries()) {
            const end = bounds[index + 1] as number;
            const expected = log
              .filter(({ receivedAt }) => receivedAt >= start && receivedAt < end)
              .map(({ line }) => line);
            expect(await readPartition(stores.registry, stores.artefacts, start, end)).toEqual(expected);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test("a day that is over gives the same lines after more have come", async () => {
    const stores = memoryStores();
    const lines = [lineOf(1, 100), lineOf(2, 199), lineOf(3, 200)];
    await fetchEvents(stores.registry, stores.artefacts, edgeLog(lines), noOne);
    const before = await readPartition(stores.registry, stores.artefacts, 100, 200);
    lines.push(lineOf(4, 200), lineOf(5, 300));
    await fetchEvents(stores.registry, stores.artefacts, edgeLog(lines), noOne);
    expect(before).toEqual(lines.slice(0, 2));
    expect(await readPartition(stores.registry, stores.artefacts, 100, 200)).toEqual(before);
  });

  test("a broken line that opens a page belongs with the page before", async () => {
    const stores = memoryStores();
    const lines = [lineOf(1, 100), brokenLine(2), lineOf(3, 200)];
    await fetchEvents(stores.registry, stores.artefacts, edgeLog(lines, 1), noOne);
    expect(await readPartition(stores.registry, stores.artefacts, 100, 200)).toEqual(lines.slice(0, 2));
    const inTwo = memoryStores();
    await fetchEvents(
      inTwo.registry,
      inTwo.artefacts,
      {
        events: async (after) =>
          after === 0 ? { lines: lines.slice(0, 1), next: 1 } : { lines: lines.slice(after), next: 3 },
      },
      noOne,
    );
    expect(await readPartition(inTwo.registry, inTwo.artefacts, 100, 200)).toEqual(lines.slice(0, 2));
    expect(await readPartition(inTwo.registry, inTwo.artefacts, 200, 300)).toEqual(lines.slice(2));
  });

  test("a broken line before any whole one goes with the first whole one", async () => {
    const stores = memoryStores();
    const lines = [brokenLine(1), lineOf(2, 100)];
    await fetchEvents(stores.registry, stores.artefacts, edgeLog(lines), noOne);
    expect(await readPartition(stores.registry, stores.artefacts, 100, 101)).toEqual(lines);
  });

  test("nothing fetched is nothing", async () => {
    expect(await everything(memoryStores())).toEqual([]);
  });
});
