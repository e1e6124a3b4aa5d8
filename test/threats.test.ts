import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = new URL("../", import.meta.url);
const text = readFileSync(new URL("docs/THREATS.md", root), "utf8");

/** Rows of the threat model that name a test: the file in code, a colon, and the test's name. */
const named = [...text.matchAll(/\| `([^`|]+\.test\.ts)`: ([^|]+?) \|$/gm)].map(([, file = "", name = ""]) => ({
  file,
  name,
}));

it("names enough tests to be a threat model", () => {
  expect(named.length).toBeGreaterThan(25);
});

it.each(named)("$file: $name", ({ file, name }) => {
  const path = fileURLToPath(new URL(file, root));
  expect(existsSync(path)).toBe(true);
  expect(readFileSync(path, "utf8")).toContain(name);
});
