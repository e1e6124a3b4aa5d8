import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "#contracts/errors.ts";
import type { HexagramFile } from "#contracts/line.ts";
import type { QueryRecord } from "#contracts/query.ts";
import { type Authored, type Check, rule } from "./checks/check.ts";
import { counts } from "./checks/counts.ts";
import { duplicates, nearDuplicates } from "./checks/duplicates.ts";
import { families, unseenDomains } from "./checks/families.ts";
import { generator } from "./checks/generator.ts";
import { keywords, readings, siblingCosine, situations } from "./checks/keywords.ts";
import { likeness, sharedRuns } from "./checks/overlap.ts";
import { shuffledControl } from "./checks/shuffled.ts";
import { structure } from "./checks/structure.ts";
import { readHexagrams } from "./hexagrams.ts";
import { queriesOf } from "./queries.ts";

export interface DatasetReport {
  ok: boolean;
  checks: Check[];
  /** Queries by split and language. */
  counts: Record<string, Record<string, number>>;
  /** Of all queries and hexagrams. */
  digest: string;
}

const RULES = [
  structure,
  counts,
  families,
  unseenDomains,
  sharedRuns,
  likeness,
  generator,
  duplicates,
  nearDuplicates,
  keywords,
  siblingCosine,
  situations,
  readings,
];

/** The test split's digest as it was frozen; a changed test query changes what every figure measured before means. */
const FROZEN_TEST = "test.sha256";

/**
 * Holds the 384 lines of a folder against every rule (`datasets/STYLE.md`, and what a fair measurement needs). Files that cannot
 * be read are a failed check, with every fault; the others then have nothing to look at.
 */
export async function checkDataset(folder: string): Promise<DatasetReport> {
  const read = await readOrFaults(join(folder, "lines"));
  if (read.faults) {
    return { ok: false, checks: [rule("schema", 0, read.faults)], counts: {}, digest: "" };
  }
  const authored: Authored = { hexagrams: read.hexagrams, queries: queriesOf(read.hexagrams) };
  const checks = [
    rule("schema", read.hexagrams.length, []),
    ...RULES.map((check) => check(authored)),
    await frozenTest(folder, authored.queries),
    await shuffledControl(authored),
  ];
  return {
    ok: checks.every(({ ok }) => ok),
    checks,
    counts: countQueries(authored.queries),
    digest: digestOf(authored),
  };
}

async function readOrFaults(
  folder: string,
): Promise<{ hexagrams: HexagramFile[]; faults?: undefined } | { faults: string[] }> {
  if (!existsSync(folder))
    throw new InputError(
      `${folder} is missing`,
      "The rules are those of the 384 lines: name a folder that holds lines/*.yaml.",
    );
  try {
    return { hexagrams: await readHexagrams(folder) };
  } catch (error) {
    if (error instanceof InputError) return { faults: error.message.split("\n").slice(1) };
    throw error;
  }
}

const digestOf = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("hex");

/** Digest of the test queries: which texts, in which languages, with which labels. */
const testDigest = (queries: readonly QueryRecord[]): string =>
  digestOf(
    queries.filter(({ split }) => split === "test").map(({ id, lineId, text, lang }) => ({ id, lineId, text, lang })),
  );

async function frozenTest(folder: string, queries: readonly QueryRecord[]): Promise<Check> {
  const file = join(folder, FROZEN_TEST);
  const now = testDigest(queries);
  const frozen = existsSync(file) ? (await readFile(file, "utf8")).trim() : "not frozen";
  const faults =
    frozen === now
      ? []
      : [
          `${FROZEN_TEST} says ${frozen}, the test queries are ${now}: undo the change, or freeze them anew and measure everything again`,
        ];
  return rule("the test split is the frozen one", queries.filter(({ split }) => split === "test").length, faults);
}

/** How many queries there are, by split and language. */
function countQueries(queries: readonly QueryRecord[]): DatasetReport["counts"] {
  const table: DatasetReport["counts"] = {};
  for (const { split, lang } of queries) {
    const row = table[split] ?? {};
    row[lang] = (row[lang] ?? 0) + 1;
    table[split] = row;
  }
  return table;
}
