import fc from "fast-check";
import { expect, test } from "vitest";
import type { QueryRecord } from "#contracts/query.ts";
import { characterRuns, jaccard } from "../words.ts";
import { nearDuplicates } from "./duplicates.ts";

const query = (text: string, index: number): QueryRecord => ({
  id: `q${index}`,
  lineId: (index % 3) + 1,
  text,
  acceptable: [],
  lang: "ja",
  family: `h01-${(index % 3) + 1}-a`,
  lengthBand: "short",
  negation: false,
  author: "test",
  split: "train",
});

test("near duplicates are those that comparing every pair finds", () => {
  const text = fc.string({ unit: fc.constantFrom("雨", "風", "山", "川"), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(text, { maxLength: 25 }), (texts) => {
      const queries = texts.map(query);
      const pairs = queries.flatMap((two, index) =>
        queries
          .slice(0, index)
          .filter(
            (one) =>
              one.lineId !== two.lineId &&
              jaccard(characterRuns(one.text, "ja", 3), characterRuns(two.text, "ja", 3)) >= 0.5,
          )
          .map((one) => `${one.id} and ${two.id}`),
      );
      const found = nearDuplicates({ hexagrams: [], queries }).detail.map((fault) => fault.replace(/: .*/, ""));
      expect(found.sort()).toEqual(pairs.sort());
    }),
  );
});
