import { describe, expect, test } from "vitest";
import { FeedbackEvent, LoggedEvent, Served } from "./event.ts";

const event = { id: "e1", eventId: "token", type: "click", at: 1, shownId: 3 };
const faults = (more: object): string[] => {
  const parsed = FeedbackEvent.safeParse({ ...event, ...more });
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join("."));
};

describe("FeedbackEvent", () => {
  test.each<[object]>([
    [{}],
    [{ type: "thumb", value: 1 }],
    [{ type: "thumb", value: -1 }],
    [{ type: "dwell", value: 0 }],
    [{ type: "dwell", value: 86_400_000 }],
    [{ type: "correction", correctId: 384 }],
    [{ type: "bounce" }],
    [{ type: "report", reason: "r".repeat(500) }],
  ])("takes %j", (more) => {
    expect(faults(more)).toEqual([]);
  });
  test.each<[object, string]>([
    [{ type: "thumb" }, "value"],
    [{ type: "thumb", value: 0 }, "value"],
    [{ type: "dwell" }, "value"],
    [{ type: "dwell", value: -1 }, "value"],
    [{ type: "dwell", value: 86_400_001 }, "value"],
    [{ type: "correction" }, "correctId"],
    [{ type: "correction", correctId: 0 }, "correctId"],
    [{ shownId: undefined }, "shownId"],
    [{ id: "" }, "id"],
    [{ id: "x".repeat(101) }, "id"],
    [{ at: -1 }, "at"],
    [{ type: "wink" }, "type"],
    [{ type: "report", reason: "r".repeat(501) }, "reason"],
  ])("refuses %j by naming %s", (more, field) => {
    expect(faults(more)).toContain(field);
  });
});

describe("LoggedEvent", () => {
  const served = {
    model: "a".repeat(64),
    bucket: "current",
    shown: [1, 2, 3],
    propensity: 1,
    textHash: "h",
    lang: "ja",
    at: 1,
  };
  const logged = { seq: 1, id: "e1", type: "click", at: 1, receivedAt: 2, served };
  test("is good without a text: consent is the user's to give", () => {
    expect(LoggedEvent.safeParse(logged).success).toBe(true);
    expect(LoggedEvent.safeParse({ ...logged, served: { ...served, text: "相談" } }).success).toBe(true);
  });
  test("was answered with one to five predictions", () => {
    expect(Served.safeParse({ ...served, shown: [] }).success).toBe(false);
    expect(Served.safeParse({ ...served, shown: [1, 2, 3, 4, 5, 6] }).success).toBe(false);
  });
  test("has a place in the log", () => {
    expect(LoggedEvent.safeParse({ ...logged, seq: 0 }).success).toBe(false);
  });
});
