import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Config } from "#contracts/config.ts";
import type { LoggedEvent } from "#contracts/event.ts";
import { eventsByText } from "./event-shards.ts";
import { type Dropped, Learner, learnExamples } from "./feedback.ts";

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "haqei-shards-"));
});
afterAll(() => rm(scratch, { recursive: true }));

const CLASSES = ["1", "2", "3", "4"];
const lineOf = (seq: number, text: string, user: string, correctId: number): string =>
  JSON.stringify({
    ...{ seq, receivedAt: seq, id: `e${seq}`, type: "correction", at: seq, user, correctId },
    served: {
      ...{ model: "0".repeat(64), bucket: "current", shown: [1, 2, 3], propensity: 1 },
      ...{ textHash: `hash of ${text}`, lang: "ja", at: seq, text },
    },
  });
const logs = fc
  .array(
    fc.record({
      text: fc.constantFrom("席がない", "職人が来ない", '"textHash":"x"', "道に迷う", "帰りたい"),
      user: fc.constantFrom("anna", "ben", "eve"),
      correctId: fc.integer({ min: 1, max: 5 }),
      broken: fc.constantFrom("", "", "", "not json", "{}"),
    }),
    { maxLength: 40 },
  )
  .map((rows) =>
    rows.flatMap(({ text, user, correctId, broken }, at) => [
      lineOf(at + 1, text, user, correctId),
      ...(broken === "" ? [] : [broken]),
    ]),
  );

/** A window with so many lines a partition, and what comes of it in shards of so many events. */
async function inShards(lines: readonly string[], partLines: number, shardEvents: number) {
  const parts = Array.from({ length: Math.ceil(lines.length / partLines) }, (_, at) =>
    lines.slice(at * partLines, (at + 1) * partLines),
  );
  const digest = (at: number) => String(at).padStart(64, "0");
  const days = parts.map((part, at) => ({ date: "2026-11-24", sha256: digest(at), events: part.length }));
  const artefacts = {
    get: async ({ sha256 }: { sha256: string }) => new TextEncoder().encode(parts[Number(sha256)]?.join("\n")),
  };
  const dropped: Dropped = {};
  const shards: LoggedEvent[][] = [];
  const limits = { classes: CLASSES.length, maximumEventBytes: 65_536 };
  for await (const events of eventsByText(
    { artefacts: artefacts as never, scratch },
    { schema: 1, days },
    limits,
    dropped,
    shardEvents,
  ))
    shards.push(events);
  return { shards, dropped };
}

describe("events by text", () => {
  it("are all there, once, in the order of the log, and all of a text together, however they are dealt out", async () => {
    await fc.assert(
      fc.asyncProperty(
        logs,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        async (lines, partLines, shardEvents) => {
          const whole = await inShards(lines, Math.max(1, lines.length), Number.POSITIVE_INFINITY);
          const dealt = await inShards(lines, partLines, shardEvents);
          expect(dealt.dropped).toEqual(whole.dropped);
          expect(dealt.shards.flat().sort((a, b) => a.seq - b.seq)).toEqual(whole.shards.flat());
          const home = new Map<string, number>();
          for (const [shard, events] of dealt.shards.entries()) {
            expect(events.map(({ seq }) => seq)).toEqual(events.map(({ seq }) => seq).sort((a, b) => a - b));
            for (const { served } of events) {
              expect(home.get(served.textHash) ?? shard).toBe(shard);
              home.set(served.textHash, shard);
            }
          }
          expect(await readdir(scratch)).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("teach in shards what they teach at once", async () => {
    const settings = Config.parse({ preprocess: { feedback: { maximumShare: 1 } } }).preprocess;
    await fc.assert(
      fc.asyncProperty(logs, async (lines) => {
        const { shards } = await inShards(lines, 7, 5);
        const learner = new Learner([], CLASSES, settings);
        for (const events of shards) learner.add(events);
        const [inParts, atOnce] = [
          learner.learnt(),
          learnExamples(
            shards.flat().sort((a, b) => a.seq - b.seq),
            [],
            CLASSES,
            settings,
          ),
        ];
        const rounded = ({ examples, ...rest }: typeof inParts) => ({
          ...rest,
          capped: rest.capped.toFixed(9),
          examples: examples.map(({ weight, ...one }) => ({ ...one, weight: weight.toFixed(9) })),
        });
        expect(rounded(inParts)).toEqual(rounded(atOnce));
      }),
      { numRuns: 60 },
    );
  });

  it("leave nothing behind where their reader fails", async () => {
    const lines = Array.from({ length: 9 }, (_, at) => lineOf(at + 1, `t${at}`, "anna", 1));
    const days = [{ date: "2026-11-24", sha256: "0".repeat(64), events: 9 }];
    const artefacts = { get: async () => new TextEncoder().encode(lines.join("\n")) } as never;
    const failing = async () => {
      for await (const _ of eventsByText(
        { artefacts, scratch },
        { schema: 1, days },
        { classes: 4, maximumEventBytes: 65_536 },
        {},
        2,
      ))
        throw new Error("no");
    };
    await expect(failing()).rejects.toThrow("no");
    expect(await readdir(scratch)).toEqual([]);
  });
});
