import { describe, expect, test } from "vitest";
import type { LoggedEvent } from "#contracts/event.ts";
import { explore } from "../exploration.ts";
import { debiasedBy, positionBias } from "./position.ts";

const settings = { clip: 10, minimumEss: 100 };

/** Numbers in [0, 1) that are spread evenly and always the same. */
function* draws(): Generator<number, never> {
  for (let n = 1; ; n++) yield (n * 0.618033988749895) % 1;
}

/** Answers to users who look at rank r with chance `examined[r]` and then click what is right with chance `relevance[item]`. */
function clicks(n: number, share: number, examined: number[], relevance: number[]): LoggedEvent[][] {
  const [order, look] = [draws(), draws()];
  return Array.from({ length: n }, (_, at) => {
    const explored = explore([1, 2, 3], share, order.next().value);
    // One click an answer at most: ranks share the unit interval.
    let left = (look.next().value * 7919) % 1;
    const rank = explored.order.findIndex((item, place) => {
      left -= (examined[place] as number) * (relevance[item - 1] as number);
      return left < 0;
    });
    const common: Omit<LoggedEvent, "type"> = {
      seq: at + 1,
      id: `e${at}`,
      at: 0,
      receivedAt: 0,
      served: {
        model: "0".repeat(64),
        bucket: "current",
        shown: [...explored.order],
        propensity: explored.propensity,
        textHash: `t${at}`,
        lang: "en",
        at,
      },
    };
    return [
      rank < 0 ? { ...common, type: "bounce" } : { ...common, type: "click", shownId: explored.order[rank] as number },
    ];
  });
}

describe("position bias", () => {
  test("is found from explored answers, whatever the answers are worth", () => {
    for (const relevance of [
      [0.5, 0.2, 0.1],
      [0.3, 0.3, 0.3],
    ]) {
      const { examined, estimated, ess } = positionBias(clicks(60_000, 0.3, [1, 0.5, 0.25], relevance), settings);
      expect(estimated).toBe(true);
      expect(ess).toBeGreaterThan(100);
      expect(examined[0]).toBe(1);
      expect(Math.abs((examined[1] as number) - 0.5)).toBeLessThan(0.06);
      expect(Math.abs((examined[2] as number) - 0.25)).toBeLessThan(0.06);
    }
  });

  test("is refused below the effective size, and corrects nothing then", () => {
    const bias = positionBias(clicks(90, 0.3, [1, 0.5, 0.25], [0.5, 0.2, 0.1]), settings);
    expect(bias).toMatchObject({ estimated: false, examined: [1, 1, 1] });
    expect(bias.ess).toBeLessThan(100);
    expect(debiasedBy(bias, 2)).toBe(1);
  });

  test("is refused where nothing was explored, however many answers there are", () => {
    expect(positionBias(clicks(5000, 0, [1, 0.5, 0.25], [0.5, 0.2, 0.1]), settings)).toMatchObject({
      estimated: false,
      ess: 0,
    });
  });

  test("never weighs a click more than the clip, nor less than 1", () => {
    const bias = positionBias(clicks(60_000, 0.3, [1, 0.5, 0], [0.5, 0.2, 0.1]), settings);
    expect(bias.estimated).toBe(true);
    for (const rank of [-1, 0, 1, 2, 4]) {
      expect(debiasedBy(bias, rank)).toBeGreaterThanOrEqual(1);
      expect(debiasedBy(bias, rank)).toBeLessThanOrEqual(settings.clip);
    }
  });
});
