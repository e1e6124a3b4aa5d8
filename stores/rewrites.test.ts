import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Registry, sqliteRegistry } from "./registry.ts";
import { knownErasures, planRewrites } from "./rewrites.ts";

let folder: string;
let registry: Registry;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "haqei-rewrites-"));
  registry = sqliteRegistry(join(folder, "registry.db"));
});
afterEach(async () => {
  registry.close();
  await rm(folder, { recursive: true });
});

const digest = (letter: string): string => letter.repeat(64);
const DAY = "2026-11-24";
const plan = (partitions: Record<string, string>, segments: string[]) =>
  planRewrites(registry, {
    erasures: [],
    partitions: Object.fromEntries(Object.entries(partitions).map(([day, one]) => [day, [one]])),
    segments,
  });

test("what another partition took the place of is planned, once, and a partition that stands again is not", async () => {
  expect(await plan({ [DAY]: digest("a") }, [])).toBe(0);
  expect(await plan({ [DAY]: digest("b") }, [digest("d")])).toBe(2);
  expect(await plan({ [DAY]: digest("b") }, [digest("d")])).toBe(2);
  expect((await registry.read("events/rewrites")).value).toEqual({
    erasures: [],
    partitions: { [DAY]: [digest("b")] },
    segments: [digest("d")],
    superseded: [digest("a")],
  });
  expect(await plan({ [DAY]: digest("a") }, [])).toBe(2);
  expect((await registry.read("events/rewrites")).value).toMatchObject({ superseded: [digest("b")] });
});

test("two that plan at once both count", async () => {
  await Promise.all(["a", "b", "c"].map((letter) => plan({}, [digest(letter)])));
  expect(await plan({}, [])).toBe(3);
});

test("deletions once known stay known", async () => {
  const erasures = [{ seq: 1, at: 1, user: "anna", lastSeq: 3 }];
  expect(await knownErasures(registry)).toEqual([]);
  await planRewrites(registry, { erasures, partitions: {}, segments: [] });
  await plan({}, []);
  expect(await knownErasures(registry)).toEqual(erasures);
});
