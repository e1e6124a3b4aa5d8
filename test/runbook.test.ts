import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { JudgeReason } from "#contracts/judge.ts";
import { RolloutState } from "#contracts/rollout.ts";
import { ALERT_RULES } from "#policy/alerts/rules.ts";

const operations = readFileSync(new URL("../OPERATIONS.md", import.meta.url), "utf8");
const sections = new Set([...operations.matchAll(/^#+ ([\w-]+)$/gm)].map(([, name]) => name));
/** Causes of incidents that a rollout opens (`workflows/canary-rollout.ts`). */
const CAUSES = ["release-rolled-back", "release-undecided", "release-frozen"];

const ofReleases = operations.slice(
  operations.indexOf("\n## The judge of a canary"),
  operations.indexOf("\n## Watching"),
);
/** Lines of its tables by their first cell, the first of a name: what it means, and what to do. */
const lines = new Map(
  [...ofReleases.matchAll(/^\| `([\w-]+)`(?: and stays)? \| (.+) \|$/gm)]
    .reverse()
    .map(([, name = "", rest = ""]) => [name, rest.split(" | ")]),
);
/** States that explain themselves while they last, or need nobody. */
const PLAIN: readonly string[] = ["opening", "switching", "paused", "released", "aborted"];

describe("OPERATIONS.md", () => {
  it.each(JudgeReason.options)("says what the judge's reason %s means, and what to do", (reason) => {
    const [action, means, toDo] = lines.get(reason) ?? [];
    expect(["rollback", "freeze", "hold", "promote"]).toContain(action);
    expect(means?.length).toBeGreaterThan(10);
    expect(toDo?.length).toBeGreaterThan(3);
  });

  it.each(RolloutState.options.filter((state) => !PLAIN.includes(state)))("says of the state %s", (state) => {
    expect(lines.get(state)?.length).toBeGreaterThanOrEqual(2);
  });

  it.each([...ALERT_RULES.map(({ name }) => name), ...CAUSES])(
    "has a section for %s, where its messages lead",
    (name) => {
      expect(sections).toContain(name);
    },
  );
});
