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
import { linesOfWindow, windowOf } from "./window.ts";

const ZONE = "Asia/Tokyo";
const DATE = "2026-11-24";
const HOUR = 3_600_000;
/** Rows of a segment. */
const PAGE = 3;
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
async function home(
  rows: readonly Row[],
  work: (run: ReturnType<typeof runs>) => Promise<void>,
  partBytes?: number,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "haqei-collect-"));
  const registry = sqliteRegistry(join(folder, "registry.db"));
  try {
    await work(runs(rows, folderArtefacts(join(folder, "artefacts")), registry, partBytes));
  } finally {
    registry.close();
    await rm(folder, { recursive: true });
  }
}

function runs(
  rows: readonly Row[],
  artefacts: ReturnType<typeof folderArtefacts>,
  registry: ReturnType<typeof sqliteRegistry>,
  partBytes: number | undefined,
) {
  const edge = {
    async events(after: number, limit: number) {
      const page = rows.filter(({ seq }) => seq > after).slice(0, Math.min(limit, PAGE));
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
    collect(
      { registry, artefacts, codeDigests: {}, edge: edge as never },
      partBytes,
    )(
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
      const { bytes } = await collected(date, erasures, windowDays);
      const seqs: number[] = [];
      for await (const lines of linesOfWindow(artefacts, windowOf(bytes)))
        for (const line of lines) seqs.push((JSON.parse(line) as Row).seq);
      return seqs;
    },
    async dataset(date: string, erasures: Erasure[] = []) {
      const { bytes: window } = await collected(date, erasures);
      const { preprocess: settings, dictionary } = Config.parse({
        // Two users alone: the cap on one user is for crowds.
        preprocess: { minimumExamples: 1, feedback: { maximumShare: 1 } },
      });
      const given = {
        window,
        keywords: jsonBytes([]),
        authored: toArrow({ examples: [], classes: ["1"] }),
      };
      return preprocess({ artefacts, scratch: "" })(
        context("02:preprocess", { preprocess: settings, dictionary }, given),
      );
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
      fc.asyncProperty(
        logs,
        fc.integer({ min: 1, max: 8 }),
        fc.nat(20),
        fc.constantFrom(undefined, 1),
        async (log, windowDays, lastSeq, partBytes) => {
          let receivedAt = DAY_ENDS - 6 * 24 * HOUR;
          const rows = log.map(({ pause, user }, index): Row => {
            receivedAt += pause;
            return { seq: index + 1, receivedAt, user, text: `t${index}` };
          });
          await home(
            rows,
            async (run) => {
              const first = addDays(DATE, 1 - windowDays);
              const expected = rows.filter(({ receivedAt: at, user, seq }) => {
                const day = logicalDateOf(at, ZONE);
                return day >= first && day <= DATE && !(user === "anna" && seq <= lastSeq);
              });
              expect(await run.seen(DATE, [erasure("anna", lastSeq)], windowDays)).toEqual(
                expected.map(({ seq }) => seq),
              );
            },
            partBytes,
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it("has a day in several partitions where it is too large for one, and takes the place of all of them when it changes", async () => {
    const rows = Array.from({ length: 3 * PAGE }, (_, index): Row => {
      return {
        seq: index + 1,
        receivedAt: DAY_ENDS - HOUR + index,
        user: index === 0 ? "anna" : "ben",
        text: `t${index}`,
      };
    });
    await home(
      rows,
      async (run) => {
        const { bytes, metrics } = await run.collected(DATE);
        const { days } = EventWindow.parse(jsonOf(bytes));
        expect(days.map(({ date, events }) => [date, events])).toEqual([1, 2, 3].map(() => [DATE, PAGE]));
        expect(metrics).toMatchObject({ events: 3 * PAGE, window_events: 3 * PAGE, window_days: 1 });
        const after = await run.collected(DATE, [erasure("anna", 1)]);
        expect(EventWindow.parse(jsonOf(after.bytes)).days.map(({ events }) => events)).toEqual([PAGE - 1, PAGE, PAGE]);
        // The segment and the one partition that held it; the others stand.
        expect(after.timings?.planned_rewrites).toBe(2);
      },
      1,
    );
  });

  it("is the same list of partitions whenever it is read, though more events came", async () => {
    const rows: Row[] = [{ seq: 1, receivedAt: DAY_ENDS - 1, user: "ben", text: "席がない" }];
    await home(rows, async (run) => {
      const before = (await run.collected(DATE)).bytes;
      rows.push({ seq: 2, receivedAt: DAY_ENDS, user: "ben", text: "翌日の相談" });
      expect((await run.collected(DATE)).bytes).toEqual(before);
      const next = await run.collected(addDays(DATE, 1));
      const { days } = EventWindow.parse(jsonOf(next.bytes));
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
