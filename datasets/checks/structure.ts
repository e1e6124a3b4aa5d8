import { createRequire } from "node:module";
import { changedCode } from "../facts.ts";
import { type Authored, type Check, rule } from "./check.ts";

/** Hexagram pairs that are complements of one another; all others are reversals. */
const COMPLEMENTS = new Set([1, 27, 29, 61]);

/** The outside account of the 64: numbers and lines, bottom to top (npm package `i-ching`). */
function outside(): Map<number, string> {
  const { hexagrams } = createRequire(import.meta.url)("i-ching/lib/data.json") as {
    hexagrams: { number: number; lines: number[] }[];
  };
  return new Map(hexagrams.map(({ number, lines }) => [number, lines.join("")]));
}

/** The 64 agree with an outside account and with their own structure. (Labels and changes are checked when they are read.) */
export function structure({ hexagrams }: Authored): Check {
  const codes = new Map(hexagrams.map(({ hexagram, code }) => [hexagram, code]));
  const codeOf = (hexagram: number): string => codes.get(hexagram) ?? "";
  const faults: string[] = [];
  const known = outside();
  for (const [hexagram, code] of codes) {
    if (code !== known.get(hexagram))
      faults.push(`hexagram ${hexagram}: its code is ${known.get(hexagram)}, not ${code}`);
  }
  for (let odd = 1; odd < 64; odd += 2) {
    const [first, second] = [codeOf(odd), codeOf(odd + 1)];
    const wanted = COMPLEMENTS.has(odd)
      ? first.replace(/[01]/g, (bit) => (bit === "1" ? "0" : "1"))
      : [...first].reverse().join("");
    if (second !== wanted) faults.push(`hexagrams ${odd} and ${odd + 1} are no pair`);
  }
  for (let position = 1; position <= 6; position++) {
    const yang = [...codes.values()].filter((code) => code[position - 1] === "1").length;
    if (yang !== 32) faults.push(`${yang} yang lines at position ${position}, not 32`);
  }
  const targets = new Map<string, number>();
  for (const code of codes.values()) {
    for (let position = 1; position <= 6; position++) {
      const changed = changedCode(code, position);
      if (changedCode(changed, position) !== code)
        faults.push(`${code}: changing line ${position} twice leads elsewhere`);
      targets.set(changed, (targets.get(changed) ?? 0) + 1);
    }
  }
  for (const [code, count] of targets) if (count !== 6) faults.push(`${code} is reached by ${count} changes, not 6`);
  return rule("structure of the 64", hexagrams.length, faults);
}
