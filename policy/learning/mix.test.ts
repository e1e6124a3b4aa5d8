import { expect, test } from "vitest";
import { FeedbackConfig } from "#contracts/config.ts";
import type { FeedbackType } from "#contracts/event.ts";
import { mixOf } from "./mix.ts";

const { expected } = FeedbackConfig.parse({});
const many = (counts: Partial<Record<FeedbackType, number>>) =>
  new Map(Object.entries(counts) as [FeedbackType, number][]);

test("the specification's own mix deviates by nothing and has its volume (7.2)", () => {
  const day = many({ click: 300, dwell: 200, bounce: 100, thumb: 200, correction: 100, report: 100 });
  const { total, volume } = mixOf(day, expected, 1);
  expect(total).toBeCloseTo(0, 12);
  expect(volume).toBe(1);
  expect(mixOf(day, expected, 2).volume).toBe(0.5);
});

test("says by which kinds another mix deviates", () => {
  const { total, deviation } = mixOf(many({ click: 50, thumb: 50 }), expected, 1);
  expect(deviation.click_through).toBeCloseTo(0.2, 12);
  expect(deviation.reports).toBeCloseTo(-0.1, 12);
  expect(total).toBeCloseTo(0.5, 12);
});

test("without events nothing deviates", () => {
  expect(mixOf(new Map(), expected, 0)).toMatchObject({ total: 0, volume: 0 });
});
