import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AlertEpisode, NotificationLog } from "#contracts/alert.ts";
import { mutedOf } from "./mute.ts";
import { episodeId, planNotification, TIMING } from "./notification.ts";

const SECOND = 1000;
const episode = (firedAt: number, resolvedAt: number | null = null, rule = "error_rate"): AlertEpisode => ({
  rule,
  group: "critical",
  firedAt,
  resolvedAt,
});

describe("a group's notifications", () => {
  it("wait for more at first, then for the interval, and repeat after hours", () => {
    const first = planNotification([episode(0)], null, 29 * SECOND, TIMING);
    expect(first).toMatchObject({ send: false, reason: "waits-for-more" });
    const sent = planNotification([episode(0)], null, 30 * SECOND, TIMING);
    expect(sent).toMatchObject({ send: true, reason: "news" });
    const both = [episode(0), episode(40 * SECOND, null, "accuracy")];
    expect(planNotification(both, sent.log, 100 * SECOND, TIMING)).toMatchObject({ send: false, reason: "too-soon" });
    expect(planNotification(both, sent.log, 330 * SECOND, TIMING)).toMatchObject({ send: true, reason: "news" });
    expect(planNotification([episode(0)], sent.log, 3600 * SECOND, TIMING)).toMatchObject({ reason: "nothing-new" });
    expect(planNotification([episode(0)], sent.log, 14_430 * SECOND, TIMING)).toMatchObject({ reason: "repeat" });
  });

  it("6 flapping: tell of an alert that fires again, though its end was never told", () => {
    const sent = planNotification([episode(0)], null, 30 * SECOND, TIMING);
    const again = planNotification([episode(200 * SECOND)], sent.log, 400 * SECOND, TIMING);
    expect(again).toMatchObject({ send: true, reason: "news" });
  });

  it("6 flapping: tell of an alert that came and went between two messages", () => {
    const sent = planNotification([episode(0)], null, 30 * SECOND, TIMING);
    const short = episode(60 * SECOND, 120 * SECOND, "accuracy");
    const next = planNotification([episode(0), short], sent.log, 330 * SECOND, TIMING);
    expect(next.send).toBe(true);
    expect(next.resolved).toEqual([short]);
  });

  it("never come closer than the interval, tell each end once, and leave no episode out", () => {
    const flapping = fc.array(fc.tuple(fc.integer({ min: 10, max: 400 }), fc.integer({ min: 10, max: 400 })), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(flapping, (lengths) => {
        let at = 0;
        const episodes = lengths.map(([pause, length]) => {
          const firedAt = at + pause * SECOND;
          at = firedAt + length * SECOND;
          return { firedAt, resolvedAt: at };
        });
        let log: NotificationLog | null = null;
        const ended: string[] = [];
        const sentAt: number[] = [];
        // Looks go on until all that happened has been told.
        for (let now = 0; now <= at + 3 * TIMING.group_interval; now += 15 * SECOND) {
          const known = episodes
            .filter(({ firedAt }) => firedAt <= now)
            .map(({ firedAt, resolvedAt }) => episode(firedAt, resolvedAt <= now ? resolvedAt : null))
            .filter((one) => !ended.includes(episodeId(one)));
          const plan = planNotification(known, log, now, TIMING);
          log = plan.log;
          if (!plan.send) continue;
          sentAt.push(now);
          ended.push(...plan.resolved.map(episodeId));
        }
        expect(ended.toSorted()).toEqual(episodes.map(({ firedAt }) => episodeId(episode(firedAt))).toSorted());
        for (const [index, time] of sentAt.entries())
          expect(time - (sentAt[index - 1] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(TIMING.group_interval);
      }),
    );
  });
});

describe("muting", () => {
  const silence = { rule: "accuracy", from: 10, until: 20, by: "mika", reason: "data migration" };

  it("holds while a silence lasts, and says whose it is", () => {
    const muted = (now: number, rule = "accuracy") => mutedOf(episode(0, null, rule), new Set(), [silence], now).muted;
    expect([9, 10, 19, 20].map((now) => muted(now))).toEqual([false, true, true, false]);
    expect(muted(15, "error_rate")).toBe(false);
    expect(mutedOf(episode(0, null, "accuracy"), new Set(), [silence], 15)).toMatchObject({
      reason: "silenced",
      by: "mika: data migration",
    });
  });

  it("holds for what follows from another alert while that fires", () => {
    const fallback = episode(0, null, "fallback_rate");
    expect(mutedOf(fallback, new Set(["error_rate"]), [], 0)).toMatchObject({ muted: true, by: "error_rate" });
    expect(mutedOf(fallback, new Set(["accuracy"]), [], 0).muted).toBe(false);
  });
});
