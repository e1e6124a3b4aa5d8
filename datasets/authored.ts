import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { InputError } from "#contracts/errors.ts";
import type { Example, Split } from "#contracts/example.ts";
import { HexagramFile, lineId } from "#contracts/line.ts";
import type { LineReading, Readings } from "#contracts/readings.ts";
import { readTsv } from "#training/examples.ts";
import { classesOf } from "#training/problem.ts";
import { structureFaults } from "./facts.ts";

/** Authored data as the pipeline takes it: labelled examples, the classes in order, and what the edge shows for a class. */
export interface AuthoredData {
  examples: Example[];
  /** Class names; a class's id is its place from 1. For the 384 lines `"1"` to `"384"`. */
  classes: string[];
  readings?: Readings;
}

/**
 * Reads a folder of authored data: `lines/*.yaml`, a file a hexagram, or, for any other taxonomy, `train.tsv`, `test.tsv` and, if
 * there is one, `dev.tsv` of `label<TAB>text[<TAB>lang]`. Throws InputError with every fault found, each with its place.
 */
export async function readAuthored(folder: string): Promise<AuthoredData> {
  if (existsSync(join(folder, "lines"))) return readLines(join(folder, "lines"));
  if (existsSync(join(folder, "train.tsv"))) return readTables(folder);
  throw new InputError(
    `${folder} holds no data set`,
    "It needs lines/*.yaml (the 384 lines) or train.tsv and test.tsv with label<TAB>text[<TAB>lang] in each row.",
  );
}

async function readLines(folder: string): Promise<AuthoredData> {
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
  if (faults.length > 0)
    throw new InputError(
      `${folder}: ${faults.length} faults\n${faults.join("\n")}`,
      "Mend the files at the places named.",
    );
  const lines = hexagrams.flatMap(linesOf);
  return {
    examples: [...hexagrams.flatMap(examplesOf), ...lines.map(readingExample)],
    classes: lines.map(({ id }) => String(id)),
    readings: { schema: 1, lines },
  };
}

function linesOf({ hexagram, names, lines }: HexagramFile): LineReading[] {
  return lines.map(({ position, label, stage, shin, hen, changedTo }) => ({
    id: lineId(hexagram, position),
    hexagram,
    position,
    label,
    names,
    stage,
    shin,
    hen,
    changedTo,
  }));
}

/**
 * A line's own reading as an example to train from: it says what the line is about in other words than any query. Measured on
 * dev, it is worth more than another family of queries.
 */
function readingExample({ id, hexagram, position, stage, shin }: LineReading): Example {
  const family = `${lineName(hexagram, position)}-reading`;
  return {
    id: family,
    label: String(id),
    text: `${stage}。${shin.ja}`,
    lang: "ja",
    split: "train",
    weight: 1,
    source: "reading",
    family,
  };
}

/** Such as `h03-1`. */
const lineName = (hexagram: number, position: number): string => `h${String(hexagram).padStart(2, "0")}-${position}`;

function examplesOf({ hexagram, lines }: HexagramFile): Example[] {
  return lines.flatMap(({ position, queries }) =>
    (Object.entries(queries) as [Split, NonNullable<(typeof queries)[Split]>][]).flatMap(([split, families]) =>
      families.flatMap(({ family, texts }) =>
        texts.map((text, index): Example => {
          const line = lineName(hexagram, position);
          return {
            id: `${line}-${family}-${index + 1}`,
            label: String(lineId(hexagram, position)),
            text,
            lang: "ja",
            split,
            weight: 1,
            source: "authored",
            family: `${line}-${family}`,
          };
        }),
      ),
    ),
  );
}

async function readTables(folder: string): Promise<AuthoredData> {
  const examples: Example[] = [];
  for (const split of ["train", "dev", "test"] as const) {
    const path = join(folder, `${split}.tsv`);
    if (!existsSync(path)) {
      if (split === "dev") continue;
      throw new InputError(`${path} is missing`, "A data set of tables needs train.tsv and test.tsv.");
    }
    readTsv(await readFile(path, "utf8"), path).forEach(({ label, text, lang }, index) => {
      const id = `${split}-${index + 1}`;
      examples.push({ id, label, text, lang: lang ?? "und", split, weight: 1, source: "authored", family: id });
    });
  }
  return { examples, classes: classesOf(examples) };
}
