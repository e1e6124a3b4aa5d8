import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Config } from "#contracts/config.ts";
import type { Erasure } from "#contracts/http.ts";
import { EventWindow } from "#contracts/window.ts";
import { fromArrow, toArrow } from "#datasets/arrow.ts";
import { addDays, logicalDateOf, startOfDate } from "#policy/logical-date.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { sqliteRegistry } from "#stores/registry.ts";
import { collect } from "./collect.ts";
import { preprocess } from "./preprocess.ts";
import { jsonBytes, jsonOf, type StageContext } from "./stage.ts";
import { linesOfWindow } from "./window.ts";

const ZONE = "Asia/Tokyo";
const DATE = "2026-11-24";
const HOUR = 3_600_000;
const DAY_ENDS = startOfDate(addDays(DATE, 1), ZONE);

interface Row {
  seq: number;
  receivedAt: number;
  user: string;
  text: string;
}
const lineOf = ({ seq, receivedAt, user, text }: Row): string =>
  JSON.stringify({
    ...{ seq, receivedAt, id: `e${seq}`, type: "correction", at: receivedAt, user, correctId: 1 },
    served: {
      ...{ model: "0".repeat(64), bucket: "current", shown: [1], propensity: 1 },
      ...{ textHash: text, lang: "ja", at: receivedAt, text },
    },
  });

/** A home whose edge holds these rows, and what its two first stages make of them. */
async function home(rows: readonly Row[], work: (run: ReturnType<typeof runs>) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "haqei-collect-"));
  const registry = sqliteRegistry(join(folder, "registry.db"));
  try {
    await work(runs(rows, folderArtefacts(join(folder, "artefacts")), registry));
  } finally {
    registry.close();
    await rm(folder, { recursive: true });
  }
}

function runs(
  rows: readonly Row[],
  artefacts: ReturnType<typeof folderArtefacts>,
  registry: ReturnType<typeof sqliteRegistry>,
) {
  const edge = {
    async events(after: number, limit: number) {
      const page = rows.filter(({ seq }) => seq > after).slice(0, limit);
      return { lines: page.map(lineOf), next: page.at(-1)?.seq ?? after };
    },
  };
  const context = (stage: string, settings: object, given: Record<string, Uint8Array>, asked = {}): StageContext => ({
    call: { stage, activity: stage, asked, inputs: {}, settings: settings as Record<string, unknown>, key: "k" },
    signal: new AbortController().signal,
    report: () => undefined,
    input: async (role) => given[role] as Uint8Array,
  });
  const collected = (date: string, erasures: Erasure[] = [], windowDays = 30) =>
    collect({ registry, artefacts, codeDigests: {}, edge: edge as never })(
      context(
        "01:collect",
        { timezone: ZONE, preprocess: { windowDays } },
        { erasures: jsonBytes(erasures) },
        { date },
      ),
    );
  return {
    registry,
    collected,
    /** Rows that a run learns from, by `seq`. */
    async seen(date: string, erasures: Erasure[] = [], windowDays = 30): Promise<number[]> {
      const { beside } = await collected(date, erasures, windowDays);
      const lines = await linesOfWindow(artefacts, beside?.window?.bytes ?? new Uint8Array());
      return [...lines].map((line) => (JSON.parse(line) as Row).seq);
    },
    async dataset(date: string, erasures: Erasure[] = []) {
      const { beside } = await collected(date, erasures);
      const { preprocess: settings, dictionary } = Config.parse({
        // Two users alone: the cap on one user is for crowds.
        preprocess: { minimumExamples: 1, feedback: { maximumShare: 1 } },
      });
      const given = {
        window: beside?.window?.bytes as Uint8Array,
        keywords: jsonBytes([]),
        authored: toArrow({ examples: [], classes: ["1"] }),
      };
      return preprocess({ artefacts })(context("02:preprocess", { preprocess: settings, dictionary }, given));
    },
  };
}

const erasure = (user: string, lastSeq: number): Erasure => ({ seq: 1, at: 1, user, lastSeq });

describe("the window a run learns from", () => {
  it("holds every event of its days, and none received after its own day or deleted", async () => {
    const logs = fc.array(
      fc.record({ pause: fc.integer({ min: 0, max: 30 * HOUR }), user: fc.constantFrom("anna", "ben", "eve") }),
      { maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(logs, fc.integer({ min: 1, max: 8 }), fc.nat(20), async (log, windowDays, lastSeq) => {
        let receivedAt = DAY_ENDS - 6 * 24 * HOUR;
        const rows = log.map(({ pause, user }, index): Row => {
          receivedAt += pause;
          return { seq: index + 1, receivedAt, user, text: `t${index}` };
        });
        await home(rows, async (run) => {
          const first = addDays(DATE, 1 - windowDays);
          const expected = rows.filter(({ receivedAt: at, user, seq }) => {
            const day = logicalDateOf(at, ZONE);
            return day >= first && day <= DATE && !(user === "anna" && seq <= lastSeq);
          });
          expect(await run.seen(DATE, [erasure("anna", lastSeq)], windowDays)).toEqual(expected.map(({ seq }) => seq));
        });
      }),
      { numRuns: 40 },
    );
  });

  it("is the same list of partitions whenever it is read, though more events came", async () => {
    const rows: Row[] = [{ seq: 1, receivedAt: DAY_ENDS - 1, user: "ben", text: "席がない" }];
    await home(rows, async (run) => {
      const before = (await run.collected(DATE)).beside?.window?.bytes;
      rows.push({ seq: 2, receivedAt: DAY_ENDS, user: "ben", text: "翌日の相談" });
      expect((await run.collected(DATE)).beside?.window?.bytes).toEqual(before);
      const next = await run.collected(addDays(DATE, 1));
      const { days } = EventWindow.parse(jsonOf(next.beside?.window?.bytes as Uint8Array));
      expect(days.map(({ date }) => date)).toEqual([DATE, addDays(DATE, 1)]);
      expect(next.metrics).toMatchObject({ events: 1, window_events: 2 });
    });
  });
});

describe("a user who had their events deleted", () => {
  const rows: Row[] = [
    { seq: 1, receivedAt: DAY_ENDS - 30 * HOUR, user: "anna", text: "アンナの昨日の相談" },
    { seq: 2, receivedAt: DAY_ENDS - 29 * HOUR, user: "ben", text: "ベンの昨日の相談" },
    { seq: 3, receivedAt: DAY_ENDS - HOUR, user: "anna", text: "アンナの今日の相談" },
    { seq: 4, receivedAt: DAY_ENDS - HOUR, user: "ben", text: "ベンの今日の相談" },
  ];
  const texts = ({ bytes }: { bytes: Uint8Array }) =>
    fromArrow(bytes)
      .examples.map(({ text }) => text)
      .sort();

  it("is absent from the next run's data set and dictionary, though partitions of both days are kept", async () => {
    await home(rows, async (run) => {
      expect(texts(await run.dataset(DATE))).toHaveLength(4);
      const after = await run.dataset(DATE, [erasure("anna", 3)]);
      expect(texts(after)).toEqual(["ベンの今日の相談", "ベンの昨日の相談"]);
      for (const bytes of [after.bytes, after.beside?.dictionary?.bytes as Uint8Array])
        expect(Buffer.from(bytes).toString("utf8")).not.toContain("アンナ");
      const next = addDays(DATE, 1);
      expect(texts(await run.dataset(next, [erasure("anna", 3)]))).toEqual(["ベンの今日の相談", "ベンの昨日の相談"]);
    });
  });

  it("leaves behind a plan of what still holds the events: the log's segment and both days' earlier partitions", async () => {
    await home(rows, async (run) => {
      expect((await run.collected(DATE)).timings?.planned_rewrites).toBe(0);
      expect((await run.collected(DATE, [erasure("anna", 3)])).timings?.planned_rewrites).toBe(3);
    });
  });
});
