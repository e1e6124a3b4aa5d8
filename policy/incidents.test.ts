import { expect, it } from "vitest";
import { IncidentsConfig } from "#contracts/config.ts";
import { responseDue } from "./incidents.ts";

const config = IncidentsConfig.parse({});
const due = (level: 1 | 2 | 3, from: string) =>
  new Date(responseDue(level, Date.parse(from), config, "Asia/Tokyo")).toISOString();

it.each([
  [3, "2026-11-03T02:00:00Z", "2026-11-03T02:15:00.000Z"],
  [2, "2026-11-03T02:00:00Z", "2026-11-03T04:00:00.000Z"],
  // A Tuesday in Tokyo: until Wednesday is over there.
  [1, "2026-11-03T02:00:00Z", "2026-11-04T15:00:00.000Z"],
  // A Friday: until Monday is over.
  [1, "2026-11-06T02:00:00Z", "2026-11-09T15:00:00.000Z"],
] as const)("level %i from %s is to be answered by %s", (level, from, until) => {
  expect(due(level, from)).toBe(until);
});
