import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LearningWeights } from "#contracts/config.ts";
import type { FeedbackType, LoggedEvent } from "#contracts/event.ts";
import { lessonOf } from "./labelling.ts";

const weights: LearningWeights = { correction: 1, thumbUp: 0.8, click: 0.3, dwell: 0.5, dwellSeconds: 10 };

/** An event about an answer that showed 7, 8, 9 in this order. */
function event(type: FeedbackType, more: Partial<LoggedEvent> = {}): LoggedEvent {
  return {
    seq: 1,
    id: "e",
    type,
    at: 0,
    receivedAt: 0,
    served: {
      model: "0".repeat(64),
      bucket: "current",
      shown: [7, 8, 9],
      propensity: 1,
      textHash: "h",
      lang: "ja",
      at: 0,
      text: "t",
    },
    ...more,
  };
}

const correction = (correctId: number) => event("correction", { correctId });
const thumb = (value: 1 | -1, shownId?: number) => event("thumb", { value, ...(shownId ? { shownId } : {}) });
const click = (shownId: number) => event("click", { shownId });
const dwell = (ms: number, shownId?: number) => event("dwell", { value: ms, ...(shownId ? { shownId } : {}) });
const bounce = event("bounce");
const report = event("report", { reason: "offensive" });

describe("one signal", () => {
  test("a correction teaches the class it names, also one that was not shown", () => {
    expect(lessonOf([correction(300)], weights)).toEqual({ taught: true, classId: 300, weight: 1, by: "correction" });
  });
  test("a thumb up teaches the prediction it names, else the first shown", () => {
    expect(lessonOf([thumb(1, 8)], weights)).toEqual({ taught: true, classId: 8, weight: 0.8, by: "thumbUp" });
    expect(lessonOf([thumb(1)], weights)).toEqual({ taught: true, classId: 7, weight: 0.8, by: "thumbUp" });
  });
  test("a stay teaches from 10 s, to the millisecond", () => {
    expect(lessonOf([dwell(10_000, 9)], weights)).toEqual({ taught: true, classId: 9, weight: 0.5, by: "dwell" });
    expect(lessonOf([dwell(9_999, 9)], weights)).toEqual({ taught: false, reason: "no-signal" });
  });
  test("a click teaches what it opened", () => {
    expect(lessonOf([click(9)], weights)).toEqual({ taught: true, classId: 9, weight: 0.3, by: "click" });
  });
  test.each([
    ["a thumb down", thumb(-1), "only-negative"],
    ["a bounce", bounce, "only-negative"],
    ["a report", report, "reported"],
  ] as const)("%s teaches nothing", (_name, one, reason) => {
    expect(lessonOf([one], weights)).toEqual({ taught: false, reason });
  });
  test("no event teaches nothing", () => {
    expect(lessonOf([], weights)).toEqual({ taught: false, reason: "no-signal" });
  });
});

describe("precedence", () => {
  const rising = [click(9), dwell(20_000, 9), thumb(1, 8), correction(300)];
  test.each([
    [1, "click", 9],
    [2, "dwell", 9],
    [3, "thumbUp", 8],
    [4, "correction", 300],
  ] as const)("of the %i weakest signals %s decides", (count, by, classId) => {
    expect(lessonOf(rising.slice(0, count), weights)).toMatchObject({ taught: true, by, classId });
  });
  test("a report takes all", () => {
    expect(lessonOf([...rising, report], weights)).toEqual({ taught: false, reason: "reported" });
  });
  test("a bounce takes back a click and a stay", () => {
    expect(lessonOf([click(9), dwell(20_000, 9), bounce], weights)).toEqual({ taught: false, reason: "only-negative" });
  });
  test("a correction stands beside a thumb down: it says what would have been right", () => {
    expect(lessonOf([thumb(-1), correction(300)], weights)).toMatchObject({ taught: true, classId: 300 });
  });
  test("a stay that names no prediction was on what was clicked", () => {
    expect(lessonOf([click(9), dwell(20_000)], weights)).toMatchObject({ by: "dwell", classId: 9 });
    expect(lessonOf([dwell(20_000)], weights)).toMatchObject({ by: "dwell", classId: 7 });
  });
});

describe("contradictions", () => {
  test("two corrections to different classes", () => {
    expect(lessonOf([correction(300), correction(301)], weights)).toEqual({ taught: false, reason: "contradictory" });
  });
  test("the same correction twice is one", () => {
    expect(lessonOf([correction(300), correction(300)], weights)).toMatchObject({
      taught: true,
      classId: 300,
      weight: 1,
    });
  });
  test("a thumb up and a thumb down", () => {
    expect(lessonOf([thumb(1), thumb(-1)], weights)).toEqual({ taught: false, reason: "contradictory" });
  });
  test("a right class named by anything but a correction corrects nothing", () => {
    expect(lessonOf([event("click", { shownId: 9, correctId: 300 }), correction(301)], weights)).toMatchObject({
      taught: true,
      classId: 301,
    });
    expect(lessonOf([event("bounce", { correctId: 300 })], weights)).toEqual({
      taught: false,
      reason: "only-negative",
    });
  });
});

describe("properties", () => {
  const aboutOnePrediction = fc.oneof(
    fc.constantFrom(click(8), bounce, report, thumb(1, 8), thumb(-1, 8)),
    fc.integer({ min: 0, max: 30_000 }).map((ms) => dwell(ms, 8)),
    fc.integer({ min: 299, max: 300 }).map(correction),
  );
  test("the order in which signals about one prediction arrive does not matter", () => {
    const twoOrders = fc
      .array(aboutOnePrediction, { maxLength: 6 })
      .chain((events) => fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })));
    fc.assert(
      fc.property(twoOrders, ([one, other]) => {
        expect(lessonOf(other, weights)).toEqual(lessonOf(one, weights));
      }),
    );
  });
  test("what is taught carries the weight of the config", () => {
    const configured = { ...weights, correction: 5, thumbUp: 4, dwell: 3, click: 2 };
    fc.assert(
      fc.property(fc.array(aboutOnePrediction, { maxLength: 6 }), (events) => {
        const lesson = lessonOf(events, configured);
        if (lesson.taught) expect(lesson.weight).toBe(configured[lesson.by]);
        else expect(["reported", "contradictory", "only-negative", "no-signal"]).toContain(lesson.reason);
      }),
    );
  });
});
