import { describe, expect, test } from "vitest";
import { Config } from "#contracts/config.ts";
import { windowMinutes } from "./window.ts";

describe("windowMinutes", () => {
  test("the specification's window of 02:00-04:00 is two hours", () => {
    expect(windowMinutes(Config.parse({}).daily.window)).toBe(120);
  });
  test("a window may pass midnight", () => {
    expect(windowMinutes({ start: "23:30", end: "01:15" })).toBe(105);
  });
  test("one that ends when it starts is a whole day", () => {
    expect(windowMinutes({ start: "02:00", end: "02:00" })).toBe(1440);
  });
});
