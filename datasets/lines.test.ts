import { describe, expect, test } from "vitest";
import type { Split } from "#contracts/example.ts";
import { normalise } from "#model/normalise.ts";
import { hexagramFiles } from "./test-support/hexagram-files.ts";

const lines = hexagramFiles().flatMap(({ hexagram, lines: six }) =>
  six.map((line) => ({ ...line, where: `${hexagram}-${line.position}` })),
);
type Line = (typeof lines)[number];

const familiesOf = ({ queries }: Line, split: Split) => queries[split] ?? [];
const textsOf = (line: Line, split: Split): string[] => familiesOf(line, split).flatMap(({ texts }) => texts);
const queries = lines.flatMap((line) =>
  (Object.keys(line.queries) as Split[]).flatMap((split) =>
    textsOf(line, split).map((text) => ({ where: line.where, split, text })),
  ),
);

/** A text as it is compared: spelt one way, without spaces. */
const plain = (text: string): string => normalise(text).replaceAll(" ", "");

/** Every run of `length` characters of a text. */
function runsOf(text: string, length: number): Set<string> {
  const characters = [...plain(text)];
  return new Set(
    Array.from({ length: Math.max(0, characters.length - length + 1) }, (_, start) =>
      characters.slice(start, start + length).join(""),
    ),
  );
}

describe("counts of the first slice", () => {
  const PLAN = { train: [2, 2, 2], live: [2], dev: [1], test: [1, 1] };
  test("a line has 3 families of 2 texts in train, 1 of 2 in live, 1 of 1 in dev, 2 of 1 in test", () => {
    const others = lines.flatMap((line) => {
      const counts = Object.fromEntries(
        Object.keys(line.queries).map((split) => [
          split,
          familiesOf(line, split as Split).map(({ texts }) => texts.length),
        ]),
      );
      return JSON.stringify(counts) === JSON.stringify(PLAN) ? [] : [`${line.where}: ${JSON.stringify(counts)}`];
    });
    expect(others).toEqual([]);
    expect(lines).toHaveLength(384);
    expect(queries).toHaveLength(384 * 11);
  });
});

describe("splits", () => {
  test("a family stands in one split only, once", () => {
    const crossing = lines.filter((line) => {
      const names = (Object.keys(line.queries) as Split[]).flatMap((split) =>
        familiesOf(line, split).map(({ family }) => family),
      );
      return new Set(names).size !== names.length;
    });
    expect(crossing.map(({ where }) => where)).toEqual([]);
  });
  test("test families use domains that the line's train families do not use", () => {
    const seen = lines.flatMap((line) => {
      const trained = new Set(familiesOf(line, "train").map(({ domain }) => domain));
      return familiesOf(line, "test").flatMap(({ family, domain }) =>
        trained.has(domain) ? [`${line.where} ${family}: ${domain}`] : [],
      );
    });
    expect(seen).toEqual([]);
  });
  test("train families of a line differ in domain", () => {
    const same = lines.filter(
      (line) =>
        new Set(familiesOf(line, "train").map(({ domain }) => domain)).size !== familiesOf(line, "train").length,
    );
    expect(same.map(({ where }) => where)).toEqual([]);
  });
});

describe("leaks", () => {
  test("no test query shares 8 characters in a row with its line's train texts", () => {
    const shared = lines.flatMap((line) => {
      const trained = new Set(textsOf(line, "train").flatMap((text) => [...runsOf(text, 8)]));
      return textsOf(line, "test").flatMap((text) =>
        [...runsOf(text, 8)].filter((run) => trained.has(run)).map((run) => `${line.where}: ${run}`),
      );
    });
    expect(shared).toEqual([]);
  });
  test("no 10 characters in a row stand in queries of more than 4 lines", () => {
    const linesOf = new Map<string, Set<string>>();
    for (const { where, text } of queries) {
      for (const run of runsOf(text, 10)) linesOf.set(run, (linesOf.get(run) ?? new Set()).add(where));
    }
    const frequent = [...linesOf].flatMap(([run, where]) =>
      where.size > 4 ? [`${run}: ${[...where].join(", ")}`] : [],
    );
    expect(frequent).toEqual([]);
  });
  test("no text stands twice", () => {
    const first = new Map<string, string>();
    const twice = queries.flatMap(({ where, split, text }) => {
      const before = first.get(plain(text));
      first.set(plain(text), `${where} ${split}`);
      return before === undefined ? [] : [`${before} and ${where} ${split}: ${text}`];
    });
    expect(twice).toEqual([]);
  });
  test("no query names its hexagram by its full name, or a line by its label", () => {
    const names = hexagramFiles().map(({ names: { ja } }) => normalise(ja));
    const labels = new Set(lines.map(({ label }) => label));
    const naming = queries.filter(({ text }) => {
      const spelt = normalise(text);
      return names.some((name) => spelt.includes(name)) || [...labels].some((label) => spelt.includes(label));
    });
    expect(naming.map(({ where, text }) => `${where}: ${text}`)).toEqual([]);
  });
});
