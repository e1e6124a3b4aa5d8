import fc from "fast-check";
import { expect, test } from "vitest";
import { Config } from "#contracts/config.ts";
import type { LoggedEvent } from "#contracts/event.ts";
import type { Example } from "#contracts/example.ts";
import { authored } from "./test-support/authored.ts";
import { Unjudged } from "./unjudged.ts";

const { weights } = Config.parse({}).preprocess;

/** A look of a second, which says nothing, unless told otherwise. */
const said = (
  seq: number,
  text: string | undefined,
  more: Partial<LoggedEvent> = { type: "dwell", value: 1000 },
): LoggedEvent => ({
  ...{ seq, id: `e${seq}`, type: "dwell", at: seq, receivedAt: seq, user: `u${seq}` },
  ...more,
  served: {
    ...{ model: "0".repeat(64), bucket: "current", shown: [1, 2, 3], propensity: 1 },
    ...{ textHash: `${text}`, lang: "ja", at: seq, ...(text === undefined ? {} : { text }) },
  },
});

const gathered = (events: readonly LoggedEvent[], people: readonly Example[] = [], most = 100) => {
  const unjudged = new Unjudged(people, weights);
  unjudged.add(events);
  return unjudged.queries(most).map(({ text }) => text);
};

test("a query that users only looked at is unjudged; one without consent is not there", () => {
  expect(gathered([said(1, "席がない"), said(2, undefined)])).toEqual(["席がない"]);
});

test.each<[string, Partial<LoggedEvent>]>([
  ["a click", { type: "click", shownId: 2 }],
  ["a correction", { type: "correction", correctId: 3 }],
  ["a thumb down", { type: "thumb", value: -1 }],
  ["a bounce", { type: "bounce" }],
  ["a report", { type: "report" }],
])("%s of one user judges the text for all, whoever comes first", (_, judgement) => {
  const looked = said(1, "席がない");
  const judged = said(2, "席がない", judgement);
  expect(gathered([looked, judged])).toEqual([]);
  expect(gathered([judged, looked])).toEqual([]);
});

test("what people hold out or labelled is no unjudged query, however it is written; what they only ask is", () => {
  const people = [
    authored("help me", "1", "test"),
    authored("席がない", "1", "dev"),
    authored("職人が来ない", "1", "contrast"),
    authored("道に迷う", "1", "train"),
    authored("帰りたい", "1", "live"),
  ];
  const events = ["Help  Me", "席がない", "職人が来ない", "道に迷う", "帰りたい"].map((text, at) => said(at + 1, text));
  expect(gathered(events, people)).toEqual(["帰りたい"]);
});

test("those of most users come first, and no more than asked for", () => {
  const events = ["a", "b", "b", "c", "c", "c"].map((text, at) => said(at + 1, text));
  expect(gathered(events)).toEqual(["c", "b", "a"]);
  expect(gathered(events, [], 2)).toEqual(["c", "b"]);
  const insistent = [1, 2, 3, 4].map((seq) => ({ ...said(seq, "a"), user: "one" }));
  expect(gathered([...insistent, said(5, "b"), said(6, "b")])).toEqual(["b", "a"]);
});

test("texts come to the same queries in any order of the events, and in any parts", () => {
  const events = fc.array(
    fc.record({ text: fc.constantFrom(..."abcde"), click: fc.boolean(), user: fc.constantFrom("x", "y", "z") }),
  );
  fc.assert(
    fc.property(events, fc.nat(), (rows, cut) => {
      const log = rows.map(({ text, click, user }, at) => ({
        ...said(at + 1, text, click ? { type: "click", shownId: 1 } : undefined),
        user,
      }));
      const parts = new Unjudged([], weights);
      const backwards = log.toReversed();
      parts.add(backwards.slice(0, cut % (log.length + 1)));
      parts.add(backwards.slice(cut % (log.length + 1)));
      expect(parts.queries(100).map(({ text }) => text)).toEqual(gathered(log));
    }),
  );
});
