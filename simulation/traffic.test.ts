import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LoggedEvent } from "#contracts/event.ts";
import { type Traffic, trafficOf } from "./traffic.ts";
import { createVirtualLog } from "./virtual-log.ts";

const DAY = 86_400_000;
const classes = ["food", "money", "travel"];
const queries = classes.flatMap((label) =>
  Array.from({ length: 5 }, (_, at) => ({ label, text: `${label} question ${at}`, lang: "en" as const })),
);
const day = (n: number, more: Partial<Traffic> = {}): Traffic => ({
  seed: 1,
  date: `2026-01-0${n + 1}`,
  from: n * DAY,
  to: (n + 1) * DAY,
  queries,
  classes,
  n: 300,
  users: 40,
  exploration: 0.2,
  ...more,
});
const served = { digest: "a".repeat(64), answer: () => [1, 2, 3] };

describe("a simulated day", () => {
  test("is the same for the same seed and date, another for others", () => {
    expect(trafficOf(day(0), served)).toEqual(trafficOf(day(0), served));
    expect(trafficOf(day(0, { seed: 2 }), served)).not.toEqual(trafficOf(day(0), served));
  });

  test("holds events that the log would take, explored as often as was asked", () => {
    const events = trafficOf(day(0, { n: 3000 }), served);
    for (const event of events) LoggedEvent.parse({ ...event, seq: 1 });
    const answers = [...Map.groupBy(events, ({ served: { at } }) => at).values()].map(([first]) => first?.served);
    const changed = answers.filter((answer) => answer?.shown[0] !== 1);
    expect(Math.abs(changed.length / answers.length - 0.2)).toBeLessThan(0.03);
    for (const answer of answers) expect(answer?.propensity).toBe(answer?.shown[0] === 1 ? 0.8 : 0.1);
  });

  test("has hostile users who correct everything falsely", () => {
    const events = trafficOf(day(0, { hostile: 1 }), served);
    expect(events).toHaveLength(300);
    const truth = new Map(queries.map(({ label }) => [label.slice(0, 3), classes.indexOf(label) + 1]));
    for (const { type, correctId, served: answer } of events) {
      expect(type).toBe("correction");
      const own = [...truth].find(([start]) => answer.text?.toLowerCase().startsWith(start));
      if (own) expect(correctId).not.toBe(own[1]);
    }
  });
});

describe("no leakage", () => {
  test("known_at <= cutoff: a night reads nothing that was received after it, and reads it the same for ever", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1, max: 4 }), (seed, days) => {
        const log = createVirtualLog();
        const read = Array.from({ length: days }, (_, n) => {
          log.write(trafficOf(day(n, { seed, n: 40 }), served));
          return log.between(0, (n + 1) * DAY);
        });
        for (const [n, events] of read.entries()) {
          for (const event of events) expect(event.receivedAt).toBeLessThan((n + 1) * DAY);
          expect(log.between(0, (n + 1) * DAY)).toEqual(events);
          expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
        }
      }),
      { numRuns: 30 },
    );
  });

  test("what is said after midnight belongs to the next day", () => {
    const log = createVirtualLog();
    const events = trafficOf(day(0, { from: DAY - 60_000, n: 500 }), served);
    log.write(events);
    const late = events.filter(({ receivedAt }) => receivedAt >= DAY);
    expect(late.length).toBeGreaterThan(0);
    expect(log.between(0, DAY)).toHaveLength(events.length - late.length);
    expect(log.between(DAY, 2 * DAY)).toHaveLength(late.length);
  });
});
