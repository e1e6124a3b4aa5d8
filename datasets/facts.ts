import type { HexagramFile } from "#contracts/line.ts";

const POSITIONS = ["初", "二", "三", "四", "五", "上"] as const;

/** A line's label from its bit and position (1 at the bottom): 初九, 六二 … 上六. */
export function lineLabel(bit: "0" | "1", position: number): string {
  const number = bit === "1" ? "九" : "六";
  const place = POSITIONS[position - 1] ?? "";
  return position === 1 || position === 6 ? place + number : number + place;
}

/** The six digits after the line at `position` turned into its opposite. */
export function changedCode(code: string, position: number): string {
  const flipped = code[position - 1] === "1" ? "0" : "1";
  return code.slice(0, position - 1) + flipped + code.slice(position);
}

/**
 * What in a set of hexagrams contradicts the structure of the 64: codes, labels, changes. Each fault names its place; empty
 * where all holds. (Names and King Wen order are held against outside data in the test.)
 */
export function structureFaults(hexagrams: readonly HexagramFile[]): string[] {
  const faults: string[] = [];
  const numberOf = new Map(hexagrams.map(({ code, hexagram }) => [code, hexagram]));
  if (numberOf.size !== hexagrams.length) faults.push("two hexagrams have the same code");
  if (new Set(hexagrams.map(({ hexagram }) => hexagram)).size !== hexagrams.length)
    faults.push("two hexagrams have the same number");
  for (const { hexagram, code, lines } of hexagrams) {
    lines.forEach((line, index) => {
      const where = `hexagram ${hexagram}, line ${index + 1}`;
      const bit = code[index] === "1" ? "1" : "0";
      if (line.position !== index + 1) faults.push(`${where}: its position says ${line.position}`);
      if (line.label !== lineLabel(bit, index + 1))
        faults.push(`${where}: its label is ${line.label}, not ${lineLabel(bit, index + 1)}`);
      const changed = numberOf.get(changedCode(code, index + 1));
      if (line.changedTo !== changed) faults.push(`${where}: it changes to hexagram ${changed}, not ${line.changedTo}`);
    });
  }
  return faults;
}
