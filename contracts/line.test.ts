import { describe, expect, test } from "vitest";
import { lineId } from "./line.ts";

describe("lineId", () => {
  test("numbers 64 hexagrams of six lines from 1 to 384, without a gap", () => {
    const ids = Array.from({ length: 64 }, (_, h) => Array.from({ length: 6 }, (_, p) => lineId(h + 1, p + 1))).flat();
    expect(ids).toEqual(Array.from({ length: 384 }, (_, index) => index + 1));
  });
});
