import { describe, expect, it } from "vitest";
import type { HexagramFile } from "#contracts/line.ts";
import { queriesOf } from "../queries.ts";
import { hexagramFiles } from "../test-support/hexagram-files.ts";
import type { Authored, Check } from "./check.ts";
import { counts } from "./counts.ts";
import { duplicates, nearDuplicates } from "./duplicates.ts";
import { families, unseenDomains } from "./families.ts";
import { generator } from "./generator.ts";
import { keywords, readings, siblingCosine, situations } from "./keywords.ts";
import { likeness, sharedRuns } from "./overlap.ts";
import { shuffledControl } from "./shuffled.ts";
import { structure } from "./structure.ts";

/** Each rule, on the project's data after one thing in it was spoilt: it must name that. */

type Line = HexagramFile["lines"][number];

function spoilt(spoil: (files: HexagramFile[]) => void): Authored {
  const hexagrams = structuredClone(hexagramFiles());
  spoil(hexagrams);
  return { hexagrams, queries: queriesOf(hexagrams) };
}

const line = (files: HexagramFile[], hexagram: number, position: number): Line =>
  files[hexagram - 1]?.lines[position - 1] as Line;
const texts = (of: Line, split: "train" | "test" | "live", family = 0): string[] =>
  of.queries[split][family]?.texts as string[];

const named = (check: Check, what: string): void => {
  expect(check.ok).toBe(false);
  expect(check.detail.join("\n")).toContain(what);
};

describe("a rule names what breaks it", () => {
  it("structure", () => {
    named(structure(spoilt((files) => Object.assign(files[2] as HexagramFile, { code: "110010" }))), "hexagram 3");
  });
  it("counts", () => {
    named(
      counts(spoilt((files) => texts(line(files, 5, 2), "train").pop())),
      "h05-2: train ja has families of 2, 2, 1",
    );
  });
  it("families", () => {
    named(
      families(spoilt((files) => Object.assign(line(files, 7, 1).queries.test[0] ?? {}, { family: "a" }))),
      "h07-1-a: train, test",
    );
  });
  it("unseen domains", () => {
    named(
      unseenDomains(
        spoilt((files) =>
          Object.assign(line(files, 9, 4).queries.test[0] ?? {}, {
            domain: line(files, 9, 4).queries.train[0]?.domain,
          }),
        ),
      ),
      "h09-4-f-1",
    );
  });
  it("shared runs and likeness", () => {
    const copied = spoilt((files) => {
      texts(line(files, 12, 3), "test")[0] = `${texts(line(files, 12, 3), "train")[0]}。`;
    });
    named(sharedRuns(copied), "h12-3-f-1");
    named(likeness(copied), "h12-3-f-1 and h12-3-a-1");
  });
  it("a generator's phrase", () => {
    const phrase = spoilt((files) => {
      for (let hexagram = 20; hexagram < 25; hexagram++)
        texts(line(files, hexagram, 1), "live")[0] += "流れに逆らわずに身を任せる時期";
    });
    named(generator(phrase), "流れに逆らわずに身を");
  });
  it("duplicates, exact and near", () => {
    const same = spoilt((files) => {
      texts(line(files, 30, 1), "train")[0] = texts(line(files, 31, 1), "train")[1] as string;
      texts(line(files, 32, 1), "train")[0] = `${texts(line(files, 33, 1), "train")[1]}と`;
    });
    named(duplicates(same), "h30-1-a-1 and h31-1-a-2");
    named(nearDuplicates(same), "h32-1-a-1 and h33-1-a-2");
  });
  it("keywords", () => {
    const alike = spoilt((files) => {
      line(files, 40, 1).keywords = { ja: { 解ける: 3 } };
      line(files, 40, 2).keywords = { ja: { 解ける: 3 } };
    });
    named(keywords(alike), "h40-1: 1 keywords in ja");
    named(keywords(alike), "h40-1: 1 of 1 keywords stand in its siblings");
    named(siblingCosine(alike), "h40-1 and h40-2: 1.00");
  });
  it("situations", () => {
    named(
      situations(
        spoilt((files) =>
          Object.assign(line(files, 41, 1), { confusables: [{ line: "41-1", grade: 1 }], situations: [] }),
        ),
      ),
      "h41-1: confusable with itself",
    );
  });
  it("shuffled labels", async () => {
    const { hexagrams, queries } = spoilt((files) => files.splice(2));
    const oneAnswer = queries.map((query) => (query.lineId > 2 ? { ...query, lineId: 3 } : query));
    named(await shuffledControl({ hexagrams, queries: oneAnswer }), "chance 0.3333");
    expect(await shuffledControl({ hexagrams, queries })).toMatchObject({ ok: true, n: 48 });
  });
  it("readings", () => {
    const wrong = spoilt((files) => {
      line(files, 50, 6).hen.ja = "「水雷屯」へ変じます。";
      delete line(files, 50, 5).shin.en;
    });
    named(readings(wrong), "ja: hen does not name");
    named(readings(wrong), "en: shin is not written");
  });
});
