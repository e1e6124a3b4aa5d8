import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Config } from "#contracts/config.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { sqliteRegistry } from "#stores/registry.ts";
import { noteRelease } from "#stores/release-history.ts";
import { trackAccuracy } from "./live-accuracy.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-11-20T03:00:00Z");

/** Thumbs of one answer each, received so many days ago, the first `right` of them up. */
const thumbs = (n: number, right: number, daysAgo: number, from: number): string[] =>
  Array.from({ length: n }, (_, at) => {
    const receivedAt = NOW - daysAgo * DAY;
    const served = {
      ...{ model: "0".repeat(64), bucket: "current", shown: [1, 2, 3], propensity: 1, textHash: `h${from + at}` },
      ...{ lang: "ja", at: receivedAt },
    };
    const value = at < right ? 1 : -1;
    return JSON.stringify({
      ...{ seq: from + at, receivedAt, id: `e${from + at}`, type: "thumb", at: receivedAt },
      ...{ user: `u${from + at}`, value, served },
    });
  });

it("tracks events that are only at the edge yet, by the days of the config's time zone, from the first release on", async () => {
  const folder = mkdtempSync(join(tmpdir(), "haqei-accuracy-"));
  const registry = sqliteRegistry(join(folder, "registry.db"));
  try {
    const released = { at: NOW - 7 * DAY, sha256: "a".repeat(64), version: "v1.0.0", outcome: "released" } as const;
    await noteRelease(registry, released);
    await noteRelease(registry, { ...released, at: NOW });
    const lines = [...thumbs(40, 10, 1, 1), ...thumbs(40, 30, 0, 41)];
    const edge = {
      events: async (after: number) => ({ lines: lines.slice(after), next: lines.length }),
      erasures: async () => [{ seq: 1, at: 1, user: "u1", lastSeq: 99 }],
    };
    const config = Config.parse({});
    const sources = { registry, artefacts: folderArtefacts(folder), edge };
    const { days, start, judged } = await trackAccuracy(sources, config, 3, NOW);
    expect(start).toBe("2026-11-13");
    expect(days.map(({ date }) => date)).toEqual(["2026-11-18", "2026-11-19", "2026-11-20"]);
    // One user's thumb up was deleted.
    expect(judged).toBe(79);
    expect(days[1]?.feedback).toMatchObject({ n: 39, value: 9 / 39 });
    expect(days[2]?.weighted?.value).toBeCloseTo(0.75, 12);
    expect(days[2]).toMatchObject({ expected: 0.6, status: "OK" });
    expect(days[0]).toMatchObject({ weighted: null, status: "UNKNOWN" });
  } finally {
    registry.close();
    rmSync(folder, { recursive: true });
  }
});
