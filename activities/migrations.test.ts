import { afterEach, beforeEach, expect, it } from "vitest";
import { type Registry, sqliteRegistry } from "#stores/registry.ts";
import { type Migration, type MigrationNeeds, migrateDown, migrateUp, outstanding } from "./migrations.ts";

let registry: Registry;
let steps: string[];
beforeEach(() => {
  registry = sqliteRegistry(":memory:");
  steps = [];
});
afterEach(() => registry.close());

const needs = (): MigrationNeeds => ({ registry }) as MigrationNeeds;
const migration = (name: string, fault?: Error): Migration => ({
  name,
  async up() {
    steps.push(`${name} up`);
    if (fault) throw fault;
  },
  async down() {
    steps.push(`${name} down`);
  },
});

it("applies what is outstanding once, in order, and takes back what was applied, last first", async () => {
  const all = [migration("a"), migration("b")];
  expect(await migrateUp(needs(), all.slice(0, 1))).toEqual(["a"]);
  expect(await outstanding(registry, all)).toEqual(["b"]);
  expect(await migrateUp(needs(), all)).toEqual(["b"]);
  expect(await migrateUp(needs(), all)).toEqual([]);
  await migrateDown(needs(), ["a", "b"], all);
  expect(steps).toEqual(["a up", "b up", "b down", "a down"]);
  expect(await outstanding(registry, all)).toEqual(["a", "b"]);
});

it("takes back all that it applied where one fails half way", async () => {
  const all = [migration("a"), migration("b", new Error("half way"))];
  await expect(migrateUp(needs(), all)).rejects.toThrow("half way");
  expect(steps).toEqual(["a up", "b up", "b down", "a down"]);
  expect(await outstanding(registry, all)).toEqual(["a", "b"]);
});
