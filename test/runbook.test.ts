import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ALERT_RULES } from "#policy/alerts/rules.ts";

const operations = readFileSync(new URL("../OPERATIONS.md", import.meta.url), "utf8");
const sections = new Set([...operations.matchAll(/^#+ ([\w-]+)$/gm)].map(([, name]) => name));
/** Causes of incidents that a rollout opens (`workflows/canary-rollout.ts`). */
const CAUSES = ["release-rolled-back", "release-undecided", "release-frozen"];

describe("OPERATIONS.md", () => {
  it.each([...ALERT_RULES.map(({ name }) => name), ...CAUSES])(
    "has a section for %s, where its messages lead",
    (name) => {
      expect(sections).toContain(name);
    },
  );
});
