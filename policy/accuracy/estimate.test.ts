import { describe, expect, it } from "vitest";
import type { LoggedEvent } from "#contracts/event.ts";
import { experimentEstimate, feedbackEstimate, realTimeEstimate } from "./estimate.ts";
import { type Reaction, reactionOf, type Signal } from "./judgement.ts";

const served = {
  model: "a".repeat(64),
  bucket: "current",
  shown: [5, 6, 7, 8],
  propensity: 1,
  textHash: "t",
  lang: "ja" as const,
  at: 0,
};
const event = (of: Partial<LoggedEvent>): LoggedEvent => ({ served, ...of }) as LoggedEvent;
const some = (n: number, signal: Signal, right: boolean | null, bucket = "current"): Reaction[] =>
  Array.from({ length: n }, () => ({ signal, right, bucket }));

describe("a reaction", () => {
  it("is judged by a correction before a thumb, to the third rank", () => {
    const judgedAs = (...events: Partial<LoggedEvent>[]) => reactionOf(events.map(event), 10).right;
    expect(judgedAs({ type: "correction", correctId: 7 })).toBe(true);
    expect(judgedAs({ type: "correction", correctId: 8 })).toBe(false);
    expect(judgedAs({ type: "thumb", value: 1 }, { type: "correction", correctId: 99 })).toBe(false);
    expect(judgedAs({ type: "thumb", value: -1 })).toBe(false);
    expect(judgedAs({ type: "thumb", value: -1 }, { type: "thumb", value: 1 })).toBe(true);
    expect(judgedAs({ type: "click", shownId: 5 }, { type: "report" })).toBeNull();
  });

  it("shows a stay before a bounce, and a bounce before a click", () => {
    const signalOf = (...events: Partial<LoggedEvent>[]) => reactionOf(events.map(event), 10).signal;
    expect(signalOf({ type: "click" }, { type: "dwell", value: 10_000 })).toBe("stayed");
    expect(signalOf({ type: "click" }, { type: "dwell", value: 9_999 })).toBe("clicked");
    expect(signalOf({ type: "click" }, { type: "bounce" })).toBe("bounced");
    expect(signalOf({ type: "thumb", value: 1 })).toBe("nothing");
  });
});

describe("estimates", () => {
  it("of feedback are the share of judged answers, with Wilson's interval", () => {
    const reactions = [...some(18, "clicked", true), ...some(2, "clicked", false), ...some(500, "clicked", null)];
    // statsmodels: 18 of 20.
    expect(feedbackEstimate(reactions, 20)).toMatchObject({ value: 0.9, n: 20 });
    expect(feedbackEstimate(reactions, 20)?.lo).toBeCloseTo(0.698966, 6);
    expect(feedbackEstimate(reactions, 21)).toBeNull();
  });

  it("of experiments look only at users whom chance has placed", () => {
    const reactions = [...some(40, "clicked", false), ...some(30, "clicked", true, "exp/new")];
    expect(experimentEstimate(reactions, 20)?.value).toBe(1);
    expect(experimentEstimate(some(40, "clicked", true), 20)).toBeNull();
  });

  it("of all answers mend the bias of who judges", () => {
    // Whoever stayed is right in 9 of 10 cases and judges often; whoever bounced is right in 1 of 10 and seldom judges.
    const reactions = [
      ...some(90, "stayed", true),
      ...some(10, "stayed", false),
      ...some(0, "stayed", null),
      ...some(1, "bounced", true),
      ...some(9, "bounced", false),
      ...some(90, "bounced", null),
    ];
    expect(feedbackEstimate(reactions, 20)?.value).toBeCloseTo(91 / 110, 12);
    const estimate = realTimeEstimate(reactions, 20);
    expect(estimate?.value).toBeCloseTo(0.5, 12);
    expect(estimate?.lo).toBeLessThan(0.5);
  });

  it("are none where a signal that occurs was hardly judged: clicks alone say nothing", () => {
    expect(realTimeEstimate([...some(50, "stayed", true), ...some(50, "clicked", null)], 20)).toBeNull();
    expect(realTimeEstimate(some(1000, "clicked", null), 20)).toBeNull();
    expect(realTimeEstimate([...some(50, "stayed", true), ...some(1, "clicked", null)], 20)?.value).toBeCloseTo(
      (50 + 0.5) / 51,
      12,
    );
  });
});
