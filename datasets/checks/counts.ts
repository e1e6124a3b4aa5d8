import type { Language } from "#contracts/event.ts";
import type { Split } from "#contracts/example.ts";
import { type Authored, byLine, type Check, rule } from "./check.ts";

/** Texts of each family of a line, by split and language. */
const PLAN: [Split, Language, number[]][] = [
  ["train", "ja", [2, 2, 2]],
  ["train", "en", [2, 2, 1, 1, 1, 1, 1, 1, 1, 1]],
  ["train", "zh", [2, 2, 1, 1, 1, 1, 1, 1, 1, 1]],
  ["live", "ja", [2, 2]],
  ["live", "en", [2]],
  ["live", "zh", [2]],
  ["dev", "ja", [2]],
  ["dev", "en", [1]],
  ["dev", "zh", [1]],
  ["test", "ja", [1, 1]],
  ["test", "en", [1]],
  ["test", "zh", [1]],
];

/** Lines that also have contrast queries: 96 of them, a negation, another subject and a past each. */
const CONTRAST_LINES = 96;

/** Every line has its families and texts in every split and language. */
export function counts({ queries }: Authored): Check {
  const faults: string[] = [];
  const lines = byLine(queries);
  for (const [line, own] of lines) {
    for (const [split, lang, plan] of PLAN) {
      const families = Map.groupBy(
        own.filter((query) => query.split === split && query.lang === lang),
        ({ family }) => family,
      );
      const sizes = [...families.values()].map(({ length }) => length).sort((a, b) => b - a);
      if (sizes.join() !== plan.join())
        faults.push(
          `${line}: ${split} ${lang} has families of ${sizes.join(", ") || "nothing"}, not ${plan.join(", ")}`,
        );
    }
  }
  if (lines.size !== 384) faults.push(`${lines.size} lines have queries, not 384`);
  const contrast = [...byLine(queries.filter(({ split }) => split === "contrast"))];
  if (contrast.length !== CONTRAST_LINES)
    faults.push(`${contrast.length} lines have contrast queries, not ${CONTRAST_LINES}`);
  for (const [line, own] of contrast) {
    const kinds = own.map(({ kind }) => kind).sort();
    if (kinds.join() !== "negation,past,subject") faults.push(`${line}: contrast has ${kinds.join(", ")}`);
  }
  return rule("counts", queries.length, faults);
}
