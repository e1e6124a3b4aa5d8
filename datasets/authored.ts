import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { AuthoredKeyword } from "#contracts/dictionary.ts";
import { InputError } from "#contracts/errors.ts";
import { Language } from "#contracts/event.ts";
import type { Example } from "#contracts/example.ts";
import { type HexagramFile, lineId } from "#contracts/line.ts";
import type { QueryRecord } from "#contracts/query.ts";
import type { LineReading, Readings } from "#contracts/readings.ts";
import { decodeText, readTsv } from "#training/examples.ts";
import { classesOf } from "#training/problem.ts";
import { readHexagrams } from "./hexagrams.ts";
import { keywordsOf } from "./keywords.ts";
import { lineName, queriesOf } from "./queries.ts";

/** Authored data as the pipeline takes it: labelled examples, the classes in order, and what the edge shows for a class. */
export interface AuthoredData {
  examples: Example[];
  /** Class names; a class's id is its place from 1. For the 384 lines `"1"` to `"384"`. */
  classes: string[];
  readings?: Readings;
  /** Words that authors wrote for the classes; none in a data set of tables. */
  keywords: AuthoredKeyword[];
}

/**
 * Reads a folder of authored data: `lines/*.yaml`, a file a hexagram, or, for any other taxonomy, `train.tsv`, `test.tsv` and, if
 * there are any, `dev.tsv` and `live.tsv` (what simulated users ask) of `label<TAB>text[<TAB>lang]`. Throws InputError with every fault found, each with its place.
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
  const hexagrams = await readHexagrams(folder);
  const lines = hexagrams.flatMap(linesOf);
  const keywords = keywordsOf(hexagrams);
  return {
    examples: [
      ...queriesOf(hexagrams).map(exampleOf),
      ...lines.flatMap(readingExamples),
      ...lines.flatMap(keywordExamples(keywords)),
    ],
    classes: lines.map(({ id }) => String(id)),
    readings: { schema: 1, lines },
    keywords: keywords.map(({ term, label, weight }) => ({ term, label, weight })),
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

function exampleOf({ id, lineId, text, lang, split, family, acceptable }: QueryRecord): Example {
  return {
    id,
    label: String(lineId),
    text,
    lang,
    split,
    weight: 1,
    source: "authored",
    family,
    acceptable: acceptable.map((line) => String(line.id)),
  };
}

/**
 * A line's own reading as an example to train from, one a language: it says what the line is about in other words than any query.
 * Measured on dev, it is worth more than another family of queries.
 */
function readingExamples({ id, hexagram, position, stage, shin }: LineReading): Example[] {
  const family = `${lineName(hexagram, position)}-reading`;
  return Language.options.flatMap((lang): Example[] => {
    const [moment, advice] = [stage[lang], shin[lang]];
    if (moment === undefined || advice === undefined) return [];
    const text = `${moment}${lang === "en" ? ". " : "。"}${advice}`;
    return [ownExample({ id: `${family}-${lang}`, label: String(id), text, lang, source: "reading", family })];
  });
}

/** A line's keywords as one example a language. Measured on dev, they are worth as much again. */
const keywordExamples = (keywords: ReturnType<typeof keywordsOf>) => {
  const byLabel = Map.groupBy(keywords, ({ label }) => label);
  return ({ id, hexagram, position }: LineReading): Example[] => {
    const family = `${lineName(hexagram, position)}-keywords`;
    const label = String(id);
    return Language.options.flatMap((lang): Example[] => {
      const own = (byLabel.get(label) ?? []).filter((one) => one.lang === lang && one.weight > 0);
      if (own.length === 0) return [];
      const text = own.map(({ term }) => term).join(lang === "en" ? ", " : "、");
      return [ownExample({ id: `${family}-${lang}`, label, text, lang, source: "keywords", family })];
    });
  };
};

/** What a line says of itself, to train from. */
const ownExample = (own: Pick<Example, "id" | "label" | "text" | "lang" | "source" | "family">): Example => ({
  ...own,
  split: "train",
  weight: 1,
  acceptable: [],
});

async function readTables(folder: string): Promise<AuthoredData> {
  const examples: Example[] = [];
  for (const split of ["train", "live", "dev", "test"] as const) {
    const path = join(folder, `${split}.tsv`);
    if (!existsSync(path)) {
      if (split === "dev" || split === "live") continue;
      throw new InputError(`${path} is missing`, "A data set of tables needs train.tsv and test.tsv.");
    }
    readTsv(decodeText(await readFile(path), path), path).forEach(({ label, text, lang }, index) => {
      const id = `${split}-${index + 1}`;
      examples.push({
        id,
        label,
        text,
        lang: lang ?? "und",
        split,
        weight: 1,
        source: "authored",
        family: id,
        acceptable: [],
      });
    });
  }
  return { examples, classes: classesOf(examples), keywords: [] };
}
