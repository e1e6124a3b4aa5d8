import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { homeIn, prepareHome } from "#local/home.ts";
import { fetchEvents } from "#stores/event-log.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { sqliteRegistry } from "#stores/registry.ts";
import { noteReleasedDictionary } from "#stores/released-dictionary.ts";
import { planRewrites } from "#stores/rewrites.ts";
import { buildDictionary } from "#training/dictionary.ts";
import { Output } from "./commands/coverage.ts";
import { main } from "./main.ts";

/** `haqei coverage` of a home in which nothing runs. */

const DAY = 86_400_000;
const NOTHING = { producedBy: "test", parents: [], codeDigest: "", configDigest: "", metrics: {} };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "haqei-coverage-"));
  writeFileSync(
    join(folder, "haqei.config.ts"),
    'export default { dataset: "data", dictionary: { min_frequency: 3, minimumUsers: 2 } };',
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function coverage(...args: string[]) {
  let out = "";
  const streams = {
    out: (text: string) => {
      out += text;
    },
    err: () => undefined,
    isTerminal: false,
  };
  const global = ["--config", join(folder, "haqei.config.ts"), "--home", join(folder, "home")];
  const exit = await main(["coverage", ...args, ...global], streams);
  return { exit, out };
}
const measured = async (...args: string[]) => Output.parse(JSON.parse((await coverage("--json", ...args)).out));

/** Queries asked so many days ago, in the log that was collected. */
async function collected(queries: [text: string, user: string, daysAgo: number][]): Promise<void> {
  const home = prepareHome(homeIn(join(folder, "home")));
  const [registry, artefacts] = [sqliteRegistry(home.registryFile), folderArtefacts(home.artefacts)];
  const lines = queries
    .toSorted((a, b) => b[2] - a[2])
    .map(([text, user, daysAgo], index) => {
      const at = Math.round(Date.now() - daysAgo * DAY);
      return JSON.stringify({
        ...{ seq: index + 1, receivedAt: at, id: `e${index}`, type: "click", at, user, shownId: 1 },
        served: {
          ...{
            model: "0".repeat(64),
            bucket: "current",
            shown: [1],
            propensity: 1,
            textHash: `h${index}`,
            lang: "ja",
            at,
          },
          ...(text === "" ? {} : { text }),
        },
      });
    });
  const events = async (after: number) => ({ lines: lines.slice(after), next: lines.length });
  await fetchEvents(registry, artefacts, { events }, () => undefined);
  const examples = ["a", "b"].map((id) => ({
    ...{
      id,
      label: "x",
      text: "仕事の相談",
      lang: "ja",
      split: "train",
      weight: 1,
      source: "authored",
      family: id,
      acceptable: [],
    },
  })) as unknown as Parameters<typeof buildDictionary>[0]["examples"];
  const { bytes } = buildDictionary(
    { examples, classes: ["x", "y"], keywords: [], usage: [] },
    { target_size_kb: 300, minimumUsers: 2 },
  );
  const { sha256 } = await artefacts.put("dictionary", bytes, NOTHING);
  await noteReleasedDictionary(registry, sha256);
  registry.close();
}

test("counts the queries with consent of the days asked for, against the dictionary that was released", async () => {
  await collected([
    ["仕事", "a", 1],
    ["仕事", "b", 2],
    ["転職", "a", 3],
    ["転職", "b", 4],
    ["転職", "b", 5],
    ["離婚", "a", 6],
    ["介護", "a", 40],
    ["", "a", 1],
  ]);
  expect(await measured()).toMatchObject({
    coverage_rate: 1 / 3,
    token_weighted_rate: 2 / 6,
    total_unique_tokens: 3,
    covered_tokens: 1,
    uncovered_tokens: ["転職", "離婚"],
    new_words_detected: 1,
    recommendation: expect.stringContaining("Rebuild"),
    days: 30,
    queries: 6,
    dictionary: { source: "released" },
  });
  expect(await measured("--days", "60")).toMatchObject({ queries: 7, uncovered_tokens: ["転職", "介護", "離婚"] });
  expect(await measured("--days", "2")).toMatchObject({ queries: 1, coverage_rate: 1 });
  const { exit, out } = await coverage();
  expect(exit).toBe(0);
  expect(out).toContain("転職");
});

test("leaves out users who had their events deleted", async () => {
  await collected([
    ["仕事", "a", 1],
    ["離婚", "b", 2],
  ]);
  const registry = sqliteRegistry(join(folder, "home", "registry.db"));
  await planRewrites(registry, { erasures: [{ seq: 1, at: 1, user: "b", lastSeq: 9 }], partitions: {}, segments: [] });
  registry.close();
  expect(await measured()).toMatchObject({ queries: 1, uncovered_tokens: [] });
});

test("of a home that never ran measures the authored dictionary, and claims nothing", async () => {
  const { mkdirSync } = await import("node:fs");
  mkdirSync(join(folder, "data"));
  writeFileSync(join(folder, "data", "train.tsv"), "x\t仕事の相談\nx\t仕事の悩み\ny\t旅行の予約\ny\t旅行の日程\n");
  writeFileSync(join(folder, "data", "test.tsv"), "x\t仕事\n");
  expect(await measured()).toMatchObject({
    coverage_rate: 0,
    total_unique_tokens: 0,
    recommendation: expect.stringContaining("nothing can be said"),
    dictionary: { source: "bundled", words: 2 },
  });
});
