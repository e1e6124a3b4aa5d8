import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { InputError } from "#contracts/errors.ts";
import { HexagramFile } from "#contracts/line.ts";
import { structureFaults } from "./facts.ts";

/**
 * The hexagrams of a folder of `*.yaml`, a file each, in King Wen order. Throws InputError with every fault found: file, field and
 * rule; and, once all files can be read, what contradicts the structure of the 64.
 */
export async function readHexagrams(folder: string): Promise<HexagramFile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".yaml")).sort();
  const faults: string[] = [];
  const hexagrams: HexagramFile[] = [];
  for (const name of names) {
    try {
      const file = HexagramFile.safeParse(parse(await readFile(join(folder, name), "utf8")));
      if (file.success) hexagrams.push(file.data);
      else faults.push(...file.error.issues.map(({ path, message }) => `${name}: ${path.join(".")}: ${message}`));
    } catch (error) {
      faults.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  hexagrams.sort((a, b) => a.hexagram - b.hexagram);
  if (faults.length === 0) {
    if (hexagrams.length !== 64) faults.push(`there are ${hexagrams.length} hexagrams, not 64`);
    else faults.push(...structureFaults(hexagrams));
  }
  if (faults.length === 0) return hexagrams;
  throw new InputError(
    `${folder}: ${faults.length} faults\n${faults.join("\n")}`,
    "Mend the files at the places named.",
  );
}
