import { describe, expect, it } from "vitest";
import { AlertRule, type Samples } from "#contracts/alert.ts";
import type { WatchState } from "#contracts/watch.ts";
import { type Looked, lookAt, NO_WATCH } from "./look.ts";

const MINUTE = 60_000;
const rule = AlertRule.parse({
  name: "error_rate",
  group: "critical",
  metric: "error_rate",
  operator: ">",
  threshold: 0.05,
  minimum_sample: 100,
  actions: ["page_oncall"],
  summary: "Too many errors.",
});
const rate = (value: number, n = 1000): Samples => ({ error_rate: { value, n } });
const timing = { group_wait: 0, group_interval: 5 * MINUTE, repeat_interval: 240 * MINUTE };
const at = (
  minute: number,
  samples: Samples,
  before: WatchState = NO_WATCH,
  silences: Parameters<typeof lookAt>[1]["silences"] = [],
): Looked => lookAt(before, { now: minute * MINUTE, samples, rules: [rule], silences, every: 5 * MINUTE, timing });

describe("a look at the rules", () => {
  it("begins an episode, tells of it once, and ends it by what is seen", () => {
    const bad = at(1, rate(0.2));
    expect(bad.begun).toMatchObject([{ rule: "error_rate", firedAt: MINUTE, resolvedAt: null }]);
    expect(bad.news).toMatchObject([{ group: "critical", firing: [{ rule: "error_rate" }], resolved: [] }]);
    const still = at(6, rate(0.2), bad.after);
    expect([still.begun, still.news]).toEqual([[], []]);
    const good = at(11, rate(0.01), still.after);
    expect(good.ended).toMatchObject([{ proof: { metric: "error_rate", value: 0.01, n: 1000 } }]);
    expect(good.news).toMatchObject([{ firing: [], resolved: [{ resolvedAt: 11 * MINUTE }] }]);
    expect(at(16, rate(0.01), good.after).news).toEqual([]);
  });

  it.each([
    ["vanished", {}],
    ["rests on too little", rate(0, 3)],
  ])("ends nothing where the metric %s, until it is seen", (_, samples) => {
    const bad = at(1, rate(0.2));
    const unseen = at(6, samples, bad.after);
    expect(unseen.ended).toEqual([]);
    expect(unseen.after.episodes).toMatchObject([{ resolvedAt: null }]);
    expect(at(11, rate(0.01), unseen.after).ended).toHaveLength(1);
  });

  it("reports a time without looks, and never takes it for good", () => {
    const before = at(1, rate(0.01));
    expect(before.gap).toBeNull();
    expect(at(6, rate(0.01), before.after).gap).toBeNull();
    const late = at(60, rate(0.01), before.after);
    expect(late.gap).toBe(59 * MINUTE);
    expect(late.after.gaps).toEqual([{ from: MINUTE, to: 60 * MINUTE }]);
  });

  it("names what nobody measured", () => {
    expect(at(1, {}).missing).toEqual(["error_rate"]);
  });

  it("acts on a silenced alert without telling anybody", () => {
    const silence = { rule: "error_rate", from: 0, until: 100 * MINUTE, by: "mika", reason: "known" };
    const bad = at(1, rate(0.2), NO_WATCH, [silence]);
    expect(bad.begun).toHaveLength(1);
    expect(bad.news).toEqual([]);
  });

  it("tells of a flapping alert no more than once in a group's interval", () => {
    let state = NO_WATCH;
    const told: number[] = [];
    for (let minute = 1; minute <= 120; minute += 1) {
      const looked = at(minute, rate(minute % 2 ? 0.2 : 0.01), state);
      if (looked.news.length > 0) told.push(minute);
      state = looked.after;
    }
    expect(told.length).toBeGreaterThan(10);
    for (const [index, minute] of told.entries())
      if (index > 0) expect(minute - (told[index - 1] ?? 0)).toBeGreaterThanOrEqual(5);
  });
});
