import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { InputError } from "#contracts/errors.ts";
import { normalise } from "#model/normalise.ts";
import { FORMATS, type Format } from "./formats/formats.ts";
import { checkedRows, type Row } from "./formats/row.ts";

const SPLITS = ["train", "dev", "test"] as const;

export interface Imported {
  counts: Record<(typeof SPLITS)[number], number>;
  /** Rows that were left out, since another says the very same. */
  duplicates: number;
  classes: number;
  /** Of the tables that were written. */
  digest: string;
}

/**
 * Brings an outside data set into a folder of tables that the pipeline runs on (`train.tsv`, `dev.tsv`, `test.tsv`). Rows that name
 * no split get one by the digest of their text, so that equal texts stay together: 80% train, 10% dev, 10% test. All or nothing:
 * throws InputError with every fault, and leaves no folder behind.
 */
export async function importDataset({
  from,
  format,
  out,
}: {
  from: string;
  format: Format;
  out: string;
}): Promise<Imported> {
  const target = resolve(out);
  if (existsSync(target) && (await readdir(target)).length > 0)
    throw new InputError(`${target} is not empty`, "Name a new folder.");
  let bytes: Uint8Array;
  try {
    bytes = await readFile(from);
  } catch (cause) {
    throw new InputError(`${from} cannot be read`, "Check the path.", { cause });
  }
  const found = checkedRows(FORMATS[format](bytes, basename(from)), basename(from));
  const rows = [
    ...new Map(found.map((row) => [JSON.stringify([row.split, row.label, row.lang, row.text]), row])).values(),
  ];
  const bySplit = Object.groupBy(rows, splitOf);
  const tables = SPLITS.flatMap((split) => {
    const own = bySplit[split] ?? [];
    // A table that is not there says that there is none; an empty one would be a fault.
    return own.length === 0
      ? []
      : [
          {
            split,
            text: own.map(({ label, text, lang }) => `${[label, text, ...(lang ? [lang] : [])].join("\t")}\n`).join(""),
          },
        ];
  });
  const draft = join(dirname(target), `.${basename(target)}.${randomUUID()}`);
  try {
    await mkdir(draft, { recursive: true });
    for (const { split, text } of tables) await writeFile(join(draft, `${split}.tsv`), text);
    await rm(target, { recursive: true, force: true });
    await rename(draft, target);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  const hash = createHash("sha256");
  for (const { split, text } of tables) hash.update(`${split}\n${text}`);
  return {
    counts: { train: bySplit.train?.length ?? 0, dev: bySplit.dev?.length ?? 0, test: bySplit.test?.length ?? 0 },
    duplicates: found.length - rows.length,
    classes: new Set(rows.map(({ label }) => label)).size,
    digest: hash.digest("hex"),
  };
}

function splitOf({ split, text }: Row): (typeof SPLITS)[number] {
  if (split) return split;
  const share = createHash("sha256").update(normalise(text)).digest().readUInt32BE(0) / 2 ** 32;
  return share < 0.8 ? "train" : share < 0.9 ? "dev" : "test";
}
