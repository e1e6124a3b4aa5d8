import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { normalise } from "#model/normalise.ts";
import { checkDataset, type DatasetReport } from "./check.ts";
import { queriesOf } from "./queries.ts";
import { hexagramFiles } from "./test-support/hexagram-files.ts";

/** The project's own data, against every rule (each rule's own test is `checks/checks.test.ts`). */
let report: DatasetReport;
beforeAll(async () => {
  report = await checkDataset(fileURLToPath(new URL(".", import.meta.url)));
}, 120_000);

describe("the authored data", () => {
  test("keeps every rule", () => {
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.ok).toBe(true);
    expect(report.checks.length).toBeGreaterThanOrEqual(16);
  });

  test("is large enough in every language", () => {
    const total = (lang: string): number =>
      Object.values(report.counts).reduce((sum, byLanguage) => sum + (byLanguage[lang] ?? 0), 0);
    expect(total("ja")).toBeGreaterThanOrEqual(5300);
    expect(total("en")).toBeGreaterThanOrEqual(3000);
    expect(total("zh")).toBeGreaterThanOrEqual(3000);
  });

  // In Chinese a label is also everyday speech: 早上六点, 九五后.
  test("names no hexagram by its full name, and in Japanese no line by its label", () => {
    const files = hexagramFiles();
    const names = files.map(({ names: { ja } }) => normalise(ja));
    const labels = new Set(files.flatMap(({ lines }) => lines.map(({ label }) => label)));
    const naming = queriesOf(files).filter(({ text, lang }) => {
      const spelt = normalise(text);
      return (
        names.some((name) => spelt.includes(name)) ||
        (lang === "ja" && [...labels].some((label) => spelt.includes(label)))
      );
    });
    expect(naming.map(({ id, text }) => `${id}: ${text}`)).toEqual([]);
  });
});
