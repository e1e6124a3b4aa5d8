import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FeedbackConfig, type LearningWeights } from "#contracts/config.ts";
import type { FeedbackType, LoggedEvent } from "#contracts/event.ts";
import { Example } from "#contracts/example.ts";
import { learnExamples, readEvents } from "./feedback.ts";
import { authored } from "./test-support/authored.ts";

const CLASSES = Array.from({ length: 384 }, (_, index) => String(index + 1));
const MAXIMUM_BYTES = 65_536;
const weights: LearningWeights = { correction: 1, thumbUp: 0.8, click: 0.3, dwell: 0.5, dwellSeconds: 10 };
/** Everybody believed and nobody capped: what those do is tested in policy/learning/ and at the end. */
const feedback: FeedbackConfig = FeedbackConfig.parse({ maximumShare: 1, trust: { strength: 1e12 } });

let ids = 0;
/** An event about an answer to `text` that showed 7, 8, 9. The text's hash is the text: enough for what is tested here. */
function event(
  type: FeedbackType,
  text: string | undefined,
  more: Partial<LoggedEvent> = {},
  served: Partial<LoggedEvent["served"]> = {},
): LoggedEvent {
  ids += 1;
  return {
    seq: ids,
    id: `e${ids}`,
    type,
    at: 1000 + ids,
    receivedAt: 2000 + ids,
    user: "u",
    ...more,
    served: {
      model: "0".repeat(64),
      bucket: "current",
      shown: [7, 8, 9],
      propensity: 1,
      textHash: text ?? "hash",
      lang: "ja",
      at: 1000,
      ...(text === undefined ? {} : { text }),
      ...served,
    },
  };
}

const learn = (events: LoggedEvent[], known: Example[] = []) => {
  const { examples, dropped } = learnExamples(events, known, CLASSES, { weights, feedback });
  return { examples, dropped };
};

describe("readEvents", () => {
  const read = (lines: string[]) => readEvents(lines, 384, MAXIMUM_BYTES);
  const good = event("click", "開業届は出した", { shownId: 7 });
  const line = JSON.stringify(good);

  test("takes good lines, and no line for none", () => {
    expect(read([line, ""])).toEqual({ events: [good], dropped: {} });
    expect(read([""])).toEqual({ events: [], dropped: {} });
  });

  test.each<[string, string]>([
    ["bad-json", line.slice(0, -1)],
    ["bad-json", "\u0000\ufffd"],
    ["bad-schema", "null"],
    ["bad-schema", "[]"],
    ["bad-schema", '"text"'],
    ["bad-schema", JSON.stringify({ ...good, type: "wink" })],
    ["bad-schema", JSON.stringify({ ...good, served: undefined })],
    ["bad-schema", JSON.stringify({ ...good, shownId: 0 })],
    ["bad-schema", JSON.stringify({ ...good, shownId: 1.5 })],
    ["bad-schema", JSON.stringify({ ...good, id: "" })],
    ["unknown-class", JSON.stringify({ ...good, shownId: 385 })],
    ["unknown-class", JSON.stringify({ ...good, type: "correction", correctId: 385 })],
    ["unknown-class", JSON.stringify({ ...good, served: { ...good.served, shown: [7, 385] } })],
    ["too-large", "x".repeat(10_000_000)],
    ["too-large", JSON.stringify({ ...good, padding: "x".repeat(10_000_000) })],
    ["duplicate", JSON.stringify({ ...good, type: "bounce" })],
  ])("counts %s and goes on", (reason, broken) => {
    expect(read([line, broken])).toEqual({ events: [good], dropped: { [reason]: 1 } });
  });

  test("counts size in bytes, to the byte", () => {
    const kanji = JSON.stringify({ ...good, padding: "水".repeat(1000) });
    const bytes = new TextEncoder().encode(kanji).length;
    expect(readEvents([kanji], 384, bytes).dropped).toEqual({});
    expect(readEvents([kanji], 384, bytes - 1).dropped).toEqual({ "too-large": 1 });
  });

  test("of the same client id the first counts, wherever the second stands", () => {
    const { events, dropped } = read([line, JSON.stringify(event("bounce", "別の")), line, line]);
    expect(events).toHaveLength(2);
    expect(dropped).toEqual({ duplicate: 2 });
  });

  test("every line is an event or counted once", () => {
    const lines = fc.array(
      fc.oneof(
        fc.constantFrom(line, line.slice(1), JSON.stringify({ ...good, shownId: 400 })),
        fc.json(),
        fc.string({ minLength: 1 }),
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(lines, (raw) => {
        const { events, dropped } = read(raw);
        expect(events.length + Object.values(dropped).reduce((sum, n) => sum + n, 0)).toBe(raw.length);
      }),
    );
  });
});

describe("learnExamples", () => {
  test("makes one example of a text, with what the users of its label are ahead", () => {
    const { examples, dropped } = learn([
      event("correction", "席がない", { correctId: 13, user: "a" }),
      event("thumb", "席がない", { value: 1, shownId: 8, user: "b" }),
      event("thumb", "席がない", { value: 1, shownId: 8, user: "c" }),
    ]);
    expect(dropped).toEqual({});
    expect(examples).toEqual([
      {
        id: expect.stringMatching(/^f-[0-9a-f]{16}$/),
        label: "8",
        text: "席がない",
        lang: "ja",
        split: "train",
        weight: expect.closeTo(0.6, 9),
        source: "feedback",
        family: examples[0]?.id,
        acceptable: [],
      },
    ]);
    for (const example of examples) Example.parse(example);
  });

  test("joins a user's reactions to one answer into one lesson", () => {
    const { examples } = learn([
      event("click", "席がない", { shownId: 9 }),
      event("dwell", "席がない", { shownId: 9, value: 20_000 }),
      event("thumb", "席がない", { value: 1, shownId: 9 }),
    ]);
    expect(examples).toMatchObject([{ label: "9", weight: 0.8 }]);
  });

  test("keeps apart the same user's answers at other times", () => {
    const { examples } = learn([
      event("click", "席がない", { shownId: 9 }),
      event("click", "席がない", { shownId: 9 }, { at: 5000 }),
    ]);
    expect(examples).toMatchObject([{ label: "9", weight: 0.6 }]);
  });

  test("takes texts for the same that differ only in spelling", () => {
    const { examples } = learn([
      event("click", "ＡＢＣの席", { shownId: 9 }),
      event("click", "abcの席 ", { shownId: 9 }, { at: 5000 }),
    ]);
    expect(examples).toHaveLength(1);
  });

  test("gives the label by the class's name", () => {
    const { examples } = learnExamples(
      [event("click", "money back", { shownId: 2 }, { shown: [2] })],
      [],
      ["booking", "refund"],
      { weights, feedback },
    );
    expect(examples).toMatchObject([{ label: "refund" }]);
  });

  test.each<[string, LoggedEvent[]]>([
    ["no-consent", [event("click", undefined, { shownId: 9 })]],
    ["reported", [event("click", "席がない", { shownId: 9 }), event("report", "席がない")]],
    ["only-negative", [event("bounce", "席がない")]],
    ["no-signal", [event("dwell", "席がない", { value: 10 })]],
    ["contradictory", [event("thumb", "席がない", { value: 1 }), event("thumb", "席がない", { value: -1 })]],
    [
      "contradictory",
      [event("correction", "席がない", { correctId: 1 }), event("correction", "席がない", { correctId: 2 })],
    ],
    ["held-out", [event("click", "試験の文", { shownId: 9 })]],
    ["held-out", [event("correction", "調整の文", { correctId: 9 })]],
    ["held-out", [event("click", "否定の文", { shownId: 9 })]],
    ["held-out", [event("click", " 試験の文　", { shownId: 9 })]],
    ["already-authored", [event("click", "学習の文", { shownId: 9 })]],
  ])("counts %s and learns nothing of it", (reason, events) => {
    const known = [
      authored("試験の文", "1", "test"),
      authored("調整の文", "1", "dev"),
      authored("否定の文", "1", "contrast"),
      authored("学習の文", "9", "train"),
    ];
    expect(learn(events, known)).toEqual({ examples: [], dropped: { [reason]: 1 } });
  });

  test("two users of equal weight who contradict one another teach nothing", () => {
    const events = [
      event("correction", "席がない", { correctId: 1, user: "a" }),
      event("correction", "席がない", { correctId: 2, user: "b" }),
    ];
    expect(learn(events)).toEqual({ examples: [], dropped: { contradictory: 1 } });
  });

  test("a signal whose weight is 0 is left out and counted", () => {
    const { examples, dropped } = learnExamples([event("click", "席がない", { shownId: 9 })], [], CLASSES, {
      weights: { ...weights, click: 0 },
      feedback,
    });
    expect({ examples, dropped }).toEqual({ examples: [], dropped: { "no-weight": 1 } });
  });

  test("a text of the live split is learnt: that is what it is for", () => {
    expect(learn([event("click", "生の文", { shownId: 9 })], [authored("生の文", "9", "live")]).examples).toHaveLength(
      1,
    );
  });

  test.each([[["live", "test"]], [["test", "live"]], [["train", "dev"]], [["dev", "train"]]] as const)(
    "a text that stands in %j counts as held out",
    (splits) => {
      const known = splits.map((split) => authored("二度の文", "9", split));
      expect(learn([event("click", "二度の文", { shownId: 9 })], known)).toEqual({
        examples: [],
        dropped: { "held-out": 1 },
      });
    },
  );

  test("an authored text with another label is learnt beside it", () => {
    expect(
      learn([event("correction", "学習の文", { correctId: 5 })], [authored("学習の文", "9", "train")]).examples,
    ).toMatchObject([{ label: "5" }]);
  });

  /** Answers to a few texts in several spellings, each with some reactions of one user. */
  const answers = fc.array(
    fc.record({
      text: fc.constantFrom("席がない", "ＡＢＣの席", "abcの席", "ABCの席 ", "試験の文", "学習の文"),
      user: fc.constantFrom("a", "b", "c"),
      at: fc.integer({ min: 1, max: 5 }),
      reactions: fc.array(
        fc.oneof(
          fc.constantFrom(7, 8, 9).map((shownId) => ({ type: "click" as const, shownId })),
          fc.constantFrom(7, 8, 9).map((shownId) => ({ type: "thumb" as const, value: 1, shownId })),
          fc.constantFrom(7, 8, 9).map((shownId) => ({ type: "dwell" as const, value: 15_000, shownId })),
          fc.constantFrom(1, 7).map((correctId) => ({ type: "correction" as const, correctId })),
          fc.constant({ type: "bounce" as const }),
        ),
        { minLength: 1, maxLength: 3 },
      ),
    }),
    { maxLength: 20 },
  );
  const known = [authored("試験の文", "1", "test"), authored("学習の文", "9", "train")];

  test("the order in which events of different answers come does not change the examples", () => {
    // A ticket for each event says whose turn it is: any interleaving that keeps an answer's own events in their order.
    fc.assert(
      fc.property(answers, fc.infiniteStream(fc.nat(1000)), (list, tickets) => {
        const keyed = new Map(list.map((one) => [`${one.text} ${one.user} ${one.at}`, one]));
        const queues = [...keyed.values()].map(({ text, user, at, reactions }) =>
          reactions.map(({ type, ...more }) => event(type, text, { ...more, user }, { at })),
        );
        const inTurn = queues.flat();
        const interleaved: LoggedEvent[] = [];
        while (queues.some(({ length }) => length > 0)) {
          const waiting = queues.filter(({ length }) => length > 0);
          const [ticket = 0] = tickets.take(1);
          interleaved.push((waiting[ticket % waiting.length] as LoggedEvent[]).shift() as LoggedEvent);
        }
        expect(learn(interleaved, known)).toEqual(learn(inTurn, known));
      }),
      { numRuns: 300 },
    );
  });

  test("every answer is an example's or counted, and no held-out text is learnt", () => {
    fc.assert(
      fc.property(answers, (list) => {
        const { examples } = learn(
          list.flatMap(({ text, user, at, reactions }) =>
            reactions.map(({ type, ...more }) => event(type, text, { ...more, user }, { at })),
          ),
          known,
        );
        expect(examples.map(({ text }) => text)).not.toContain("試験の文");
        expect(new Set(examples.map(({ id }) => id)).size).toBe(examples.length);
        for (const example of examples) Example.parse(example);
      }),
    );
  });
});

describe("learning from many", () => {
  const asSpecified = { weights, feedback: FeedbackConfig.parse({}) };
  const authoredBy = (n: number, label: string) =>
    Array.from({ length: n }, (_, at) => authored(`${label}の文${at}`, label, "train"));

  test("one user who corrects a hundred texts moves a class by a hundredth of its weight", () => {
    const events = Array.from({ length: 100 }, (_, at) => event("correction", `席${at}`, { correctId: 9, user: "a" }));
    const { examples, capped } = learnExamples(events, authoredBy(99, "9"), CLASSES, asSpecified);
    const learnt = examples.reduce((sum, { weight }) => sum + weight, 0);
    expect(learnt / (99 + learnt)).toBeCloseTo(0.01, 9);
    expect(capped).toBeCloseTo(0.99, 9);
  });

  test("many users of one network are one", () => {
    const events = Array.from({ length: 100 }, (_, at) =>
      event("correction", `席${at}`, { correctId: 9, user: `u${at}`, network: "n" }),
    );
    const learnt = learnExamples(events, authoredBy(99, "9"), CLASSES, asSpecified).examples;
    expect(learnt.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9);
  });

  test("a class without authors learns nothing of few users, and says so", () => {
    const { examples, dropped } = learnExamples(
      [event("correction", "席がない", { correctId: 9 })],
      [],
      CLASSES,
      asSpecified,
    );
    expect({ examples, dropped }).toEqual({ examples: [], dropped: { "too-few-users": 1 } });
  });

  test("who contradicts everybody is believed little", () => {
    const events = Array.from({ length: 20 }, (_, at) => [
      ...["a", "b", "c"].map((user) => event("correction", `席${at}`, { correctId: 9, user })),
      event("correction", `席${at}`, { correctId: 1, user: "liar" }),
    ]).flat();
    const only = event("correction", "liarだけ", { correctId: 1, user: "liar" });
    const { examples, distrusted, users } = learnExamples([...events, only], [], CLASSES, {
      weights,
      feedback: { ...asSpecified.feedback, maximumShare: 1 },
    });
    expect({ distrusted, users }).toEqual({ distrusted: 1, users: 4 });
    expect(examples.find(({ text }) => text === "liarだけ")?.weight).toBeLessThan(0.1);
    expect(examples.find(({ text }) => text === "席3")?.label).toBe("9");
  });
});
