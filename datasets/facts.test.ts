import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type HexagramFile, lineId } from "#contracts/line.ts";
import { normalise } from "#model/normalise.ts";
import { changedCode, lineLabel, structureFaults } from "./facts.ts";
import { hexagramFiles } from "./test-support/hexagram-files.ts";

const hexagrams = hexagramFiles();
const codeOf = (number: number): string => (hexagrams[number - 1] as HexagramFile).code;
const numberOf = new Map(hexagrams.map(({ code, hexagram }) => [code, hexagram]));
const bits = hexagrams.flatMap(({ code }) => [...code].map((bit, index) => ({ bit, position: index + 1 })));

const reversed = (code: string): string => [...code].reverse().join("");
const complement = (code: string): string => [...code].map((bit) => (bit === "1" ? "0" : "1")).join("");
/** 互卦: lines 2, 3, 4 below lines 3, 4, 5. */
const nuclear = (code: string): string => code.slice(1, 4) + code.slice(2, 5);
/** 正: yang at 1, 3, 5, yin at 2, 4, 6. */
const isCorrect = (bit: string, position: number): boolean => (bit === "1") === (position % 2 === 1);
const countOf = <T>(items: readonly T[], holds: (item: T) => boolean): number => items.filter(holds).length;

/** Trigrams by their digits from the bottom: name and image. */
const TRIGRAMS: Readonly<Record<string, { name: string; image: string }>> = {
  111: { name: "乾", image: "天" },
  "000": { name: "坤", image: "地" },
  100: { name: "震", image: "雷" },
  "010": { name: "坎", image: "水" },
  "001": { name: "艮", image: "山" },
  "011": { name: "巽", image: "風" },
  101: { name: "離", image: "火" },
  110: { name: "兌", image: "沢" },
};
const trigramsOf = (code: string) => ({ lower: TRIGRAMS[code.slice(0, 3)], upper: TRIGRAMS[code.slice(3)] });

describe("the 64 codes", () => {
  test("are 64 different ones, numbered 1 to 64", () => {
    expect(hexagrams.map(({ hexagram }) => hexagram)).toEqual(Array.from({ length: 64 }, (_, index) => index + 1));
    expect(numberOf.size).toBe(64);
  });
  test("stand in pairs: each even hexagram is the odd one turned over, or, where that is itself, its complement", () => {
    const complements: number[] = [];
    for (let odd = 1; odd < 64; odd += 2) {
      const [one, other] = [codeOf(odd), codeOf(odd + 1)];
      if (reversed(one) === one) complements.push(odd);
      expect([odd, other]).toEqual([odd, reversed(one) === one ? complement(one) : reversed(one)]);
    }
    expect(complements).toEqual([1, 27, 29, 61]);
  });
  test("agree with the package i-ching, in King Wen order, and with Unicode's characters", () => {
    const outside = JSON.parse(
      readFileSync(createRequire(import.meta.url).resolve("i-ching/lib/data.json"), "utf8"),
    ) as {
      hexagrams: { number: number; lines: number[]; character: string }[];
    };
    expect(outside.hexagrams).toHaveLength(64);
    for (const { number, lines, character } of outside.hexagrams) {
      expect([number, codeOf(number)]).toEqual([number, lines.join("")]);
      expect(character).toBe(String.fromCodePoint(0x4dc0 + number - 1));
    }
  });
});

describe("lines", () => {
  test("are 192 yang and 192 yin, 32 of each at every position", () => {
    expect(countOf(bits, ({ bit }) => bit === "1")).toBe(192);
    for (let position = 1; position <= 6; position++) {
      expect(countOf(bits, (one) => one.position === position && one.bit === "1")).toBe(32);
      expect(countOf(bits, (one) => one.position === position && one.bit === "0")).toBe(32);
    }
  });
  test("have the label of their bit and position", () => {
    const labels = hexagrams.flatMap(({ lines }) => lines.map(({ label }) => label));
    expect(labels).toEqual(bits.map(({ bit, position }) => lineLabel(bit === "1" ? "1" : "0", position)));
    expect([1, 2, 3, 4, 5, 6].map((position) => lineLabel("1", position))).toEqual([
      "初九",
      "九二",
      "九三",
      "九四",
      "九五",
      "上九",
    ]);
    expect([1, 2, 3, 4, 5, 6].map((position) => lineLabel("0", position))).toEqual([
      "初六",
      "六二",
      "六三",
      "六四",
      "六五",
      "上六",
    ]);
    expect(new Set(labels).size).toBe(12);
  });
  test("are correct (正) in 192 places, 64 of them in the middle (中正); all in hexagram 63, none in 64", () => {
    expect(countOf(bits, ({ bit, position }) => isCorrect(bit, position))).toBe(192);
    expect(countOf(bits, ({ bit, position }) => (position === 2 || position === 5) && isCorrect(bit, position))).toBe(
      64,
    );
    const correct = (number: number) =>
      countOf(
        [...codeOf(number)].map((bit, index) => isCorrect(bit, index + 1)),
        Boolean,
      );
    expect([correct(63), correct(64)]).toEqual([6, 0]);
  });
  test("answer one another (正応) in 96 of 192 pairs and differ from their neighbour (比) in 160 of 320", () => {
    const pairs = (distance: number, starts: number[]) =>
      hexagrams.flatMap(({ code }) => starts.map((start) => code[start] !== code[start + distance]));
    const answering = pairs(3, [0, 1, 2]);
    const neighbours = pairs(1, [0, 1, 2, 3, 4]);
    expect([countOf(answering, Boolean), answering.length]).toEqual([96, 192]);
    expect([countOf(neighbours, Boolean), neighbours.length]).toEqual([160, 320]);
  });
});

describe("changes", () => {
  const codes = fc.constantFrom(...hexagrams.map(({ code }) => code));
  test("a line changed twice is as before, and once is another hexagram", () => {
    fc.assert(
      fc.property(codes, fc.integer({ min: 1, max: 6 }), (code, position) => {
        const changed = changedCode(code, position);
        expect(numberOf.has(changed)).toBe(true);
        expect(changed).not.toBe(code);
        expect(changedCode(changed, position)).toBe(code);
      }),
    );
  });
  test("lead to every hexagram six times, and back by the same position", () => {
    const targets = hexagrams.flatMap(({ lines }) => lines.map(({ changedTo }) => changedTo));
    for (let number = 1; number <= 64; number++)
      expect([number, countOf(targets, (target) => target === number)]).toEqual([number, 6]);
    for (const { hexagram, lines } of hexagrams) {
      for (const { changedTo, position } of lines)
        expect(hexagrams[changedTo - 1]?.lines[position - 1]?.changedTo).toBe(hexagram);
    }
  });
  test("turned over (綜) and complemented (錯) twice, a hexagram is itself; both stay among the 64", () => {
    for (const turn of [reversed, complement]) {
      expect(hexagrams.map(({ code }) => turn(turn(code)))).toEqual(hexagrams.map(({ code }) => code));
      expect(new Set(hexagrams.map(({ code }) => numberOf.get(turn(code)))).size).toBe(64);
    }
  });
  test("the inner hexagram (互卦) is one of 16, and its inner one is 1, 2, 63 or 64", () => {
    const inner = new Set(hexagrams.map(({ code }) => nuclear(code)));
    expect(inner.size).toBe(16);
    expect(new Set([...inner].map((code) => numberOf.get(nuclear(code))))).toEqual(new Set([1, 2, 63, 64]));
  });
});

describe("names", () => {
  test("are upper image, lower image and name; with 為 where both trigrams are the same", () => {
    for (const { code, names } of hexagrams) {
      const { lower, upper } = trigramsOf(code);
      if (lower === upper) expect(names.ja).toBe(`${upper?.name}為${upper?.image}`);
      else expect(names.ja).toMatch(new RegExp(`^${upper?.image}${lower?.image}[^為]{1,2}$`));
    }
    expect(countOf(hexagrams, ({ names }) => names.ja.includes("為"))).toBe(8);
  });
  test("are 64 different ones in each language", () => {
    for (const lang of ["ja", "en", "zh"] as const)
      expect(new Set(hexagrams.map(({ names }) => normalise(names[lang]))).size).toBe(64);
  });
  test("are one name in their variant spellings", () => {
    expect(normalise("澤天夬")).toBe(normalise("沢天夬"));
    expect(normalise("兑為沢")).toBe(normalise("兌為沢"));
    expect(normalise("天雷無妄")).toBe(normalise("天雷无妄"));
    expect(normalise("火地晉")).toBe(normalise("火地晋"));
  });
  test("in the advice to change, one hexagram is named: the changed one", () => {
    const numberOfName = new Map(hexagrams.map(({ names, hexagram }) => [normalise(names.ja), hexagram]));
    const wrong = hexagrams.flatMap(({ hexagram, lines }) =>
      lines.flatMap(({ position, changedTo, hen }) => {
        const named = new Set(
          [...normalise(hen.ja).matchAll(/「([^」]*)」/g)].flatMap(([, name = ""]) => numberOfName.get(name) ?? []),
        );
        return named.size === 1 && named.has(changedTo)
          ? []
          : [`${hexagram}-${position}: ${changedTo} is named as ${[...named].join(", ") || "nothing"}: ${hen.ja}`];
      }),
    );
    expect(wrong).toEqual([]);
  });
});

describe("structureFaults", () => {
  type Line = HexagramFile["lines"][number];
  const alteredLine = (number: number, position: number, change: Partial<Line>): HexagramFile[] =>
    altered(number, {
      lines: (hexagrams[number - 1] as HexagramFile).lines.map((line) =>
        line.position === position ? { ...line, ...change } : line,
      ),
    });
  const altered = (number: number, change: Partial<HexagramFile>): HexagramFile[] =>
    hexagrams.map((file) => (file.hexagram === number ? { ...file, ...change } : file));

  test("finds none in the project's data", () => {
    expect(structureFaults(hexagrams)).toEqual([]);
  });
  test.each<[string, HexagramFile[], string]>([
    ["a wrong label", alteredLine(3, 2, { label: "九二" }), "hexagram 3, line 2: its label is 九二, not 六二"],
    ["a wrong change", alteredLine(3, 1, { changedTo: 9 }), "hexagram 3, line 1: it changes to hexagram 8, not 9"],
    ["lines out of order", alteredLine(3, 1, { position: 2 }), "hexagram 3, line 1: its position says 2"],
  ])("finds %s and says where and what is right", (_what, files, fault) => {
    expect(structureFaults(files)).toEqual([fault]);
  });
  test("finds a code or a number that stands twice", () => {
    expect(structureFaults(altered(3, { code: codeOf(4) }))).toContain("two hexagrams have the same code");
    expect(structureFaults(altered(3, { hexagram: 4 }))).toContain("two hexagrams have the same number");
  });
  test("every line's id is within 1 to 384", () => {
    const ids = hexagrams.flatMap(({ hexagram, lines }) => lines.map(({ position }) => lineId(hexagram, position)));
    expect(ids).toEqual(Array.from({ length: 384 }, (_, index) => index + 1));
  });
});
