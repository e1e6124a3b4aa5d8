import { type Authored, byLine, type Check, rule } from "./check.ts";

/** A family, one concrete situation, stands in one split only. */
export function families({ queries }: Authored): Check {
  const splits = new Map<string, Set<string>>();
  for (const { family, split } of queries) splits.set(family, (splits.get(family) ?? new Set()).add(split));
  const crossing = [...splits].filter(([, own]) => own.size > 1);
  return rule(
    "families stay in one split",
    splits.size,
    crossing.map(([family, own]) => `${family}: ${[...own].join(", ")}`),
  );
}

/** Test queries come from domains in which their line has no query to train from, in any language. */
export function unseenDomains({ queries }: Authored): Check {
  const faults = [...byLine(queries)].flatMap(([, own]) => {
    const trained = new Set(own.filter(({ split }) => split === "train").map(({ domain }) => domain));
    return own
      .filter(({ split, domain }) => split === "test" && trained.has(domain))
      .map(({ id, domain }) => `${id}: ${domain} is trained on`);
  });
  return rule("test domains are unseen", queries.filter(({ split }) => split === "test").length, faults);
}
