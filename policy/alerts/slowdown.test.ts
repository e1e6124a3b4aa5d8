import { describe, expect, it } from "vitest";
import { slowdownOf } from "./slowdown.ts";

const spread = (n: number, from: number) => Array.from({ length: n }, (_, at) => from + (at % 20));

describe("a slowdown", () => {
  it("is what is shown of it, on as many as the smaller side has", () => {
    const slower = slowdownOf(spread(120, 65), spread(500, 40));
    expect(slower.n).toBe(120);
    expect(slower.value).toBeGreaterThan(20);
    expect(slower.value).toBeLessThan(25);
  });

  it.each([
    ["nothing is slower", spread(200, 40), spread(200, 40)],
    ["answers are quicker", spread(200, 20), spread(200, 40)],
    ["there is nothing to compare with", spread(200, 40), []],
    ["there is too little to show anything", [90], [40]],
  ])("is 0 where %s", (_, lately, before) => {
    expect(slowdownOf(lately, before)).toEqual({ value: 0, n: Math.min(lately.length, before.length) });
  });
});
