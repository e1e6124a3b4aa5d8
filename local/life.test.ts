import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Example } from "#contracts/example.ts";
import { readAuthored } from "#datasets/authored.ts";
import { normalise } from "#model/normalise.ts";
import { loadConfig } from "./config.ts";
import { type Control, type Life, live } from "./life.ts";

/** The help desk of `haqei init`, for some days. */
const EXAMPLE = fileURLToPath(new URL("example", import.meta.url));
const DAYS = 3;

async function liveThrough(control?: Control, days = DAYS): Promise<Life> {
  const { config } = await loadConfig(`${EXAMPLE}/haqei.config.ts`, { env: {} });
  const authored = await readAuthored(`${EXAMPLE}/data`);
  return live({
    authored,
    config,
    days,
    seed: 12,
    control,
    from: "2026-01-01",
    queries: 800,
    users: 200,
    exploration: 0.1,
  });
}

test("learning gains; the same words dealt out to other texts gain nothing; who never learns stays as they are", {
  timeout: 120_000,
}, async () => {
  const [learning, again, shuffled, frozen] = [
    await liveThrough(),
    await liveThrough(undefined, 1),
    await liveThrough("shuffled"),
    await liveThrough("frozen"),
  ];
  const top1 = (life: Life) => life.days.at(-1)?.top1.value ?? 0;
  const before = top1(frozen);
  expect(top1(learning)).toBeGreaterThan(before + 0.03);
  expect(top1(shuffled)).toBeLessThanOrEqual(before);
  expect(again.days).toEqual(learning.days.slice(0, 1));

  expect(frozen.days.every(({ released, model }) => !released && model === frozen.days[0]?.model)).toBe(true);
  // What shuffled words made of the model was seen, and kept from users.
  expect(shuffled.days.some(({ verdict }) => verdict.reason === "accuracy-drop")).toBe(true);
  expect(shuffled.incidents.map(({ cause }) => cause)).toContain("candidate-worse");
  expect(learning.days.map(({ date }) => date)).toEqual(["2026-01-01", "2026-01-02", "2026-01-03"]);
  expect(learning.milestones.map(({ name }) => name)).toEqual(["week1", "week2", "week4", "week8", "month3"]);
  const tracked = learning.days.map(({ accuracy }) => accuracy.weighted?.value ?? 0);
  expect(tracked.at(-1)).toBeGreaterThan((tracked[0] ?? 1) + 0.05);
});

test("what users ask stands in no held-out split", async () => {
  const { examples } = await readAuthored(`${EXAMPLE}/data`);
  const texts = (wanted: Example["split"]) =>
    new Set(examples.filter(({ split }) => split === wanted).map(({ text }) => normalise(text)));
  expect([...texts("live")].filter((text) => texts("test").has(text) || texts("dev").has(text))).toEqual([]);
});
