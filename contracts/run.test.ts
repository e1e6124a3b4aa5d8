import { describe, expect, test } from "vitest";
import { LogicalDate, RunInput } from "./run.ts";

describe("LogicalDate", () => {
  test.each(["2024-02-29", "2026-12-31", "2000-02-29"])("takes %s", (date) => {
    expect(LogicalDate.safeParse(date).success).toBe(true);
  });
  test.each([
    "2023-02-29",
    "2100-02-29",
    "2026-13-01",
    "2026-00-10",
    "2026-04-31",
    "2026-4-1",
    "20260401",
    "yesterday",
    "",
    " 2026-04-01",
    "2026-04-01T00:00",
  ])("refuses %j", (date) => {
    expect(LogicalDate.safeParse(date).success).toBe(false);
  });
});

describe("RunInput", () => {
  test("releases unless told otherwise", () => {
    expect(RunInput.parse({ kind: "daily", date: "2026-04-01", seed: 1 }).release).toBe(true);
  });
});
