import { parse } from "csv-parse/sync";
import { z } from "zod";
import { InputError } from "#contracts/errors.ts";
import { decodeText } from "#training/examples.ts";
import { fromArrow } from "../arrow.ts";
import type { Found } from "./row.ts";

function json(bytes: Uint8Array, file: string): unknown {
  const text = decodeText(bytes, file);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InputError(
      `${file} is no JSON: ${cause instanceof Error ? cause.message : ""}`,
      "Check that it is the file that you mean, and whole.",
      { cause },
    );
  }
}

/** CLINC150's `data_full.json`: lists of `[text, label]` by split; its out-of-scope lists are left out, since they are no class. */
function clinc(bytes: Uint8Array, file: string): Found {
  const data = z.record(z.string(), z.array(z.unknown())).safeParse(json(bytes, file));
  if (!data.success)
    throw new InputError(
      `${file} is no CLINC150 file`,
      "It is an object of lists: train, val and test of [text, label].",
    );
  const splits = { train: "train", val: "dev", test: "test" } as const;
  return Object.entries(splits).flatMap(([name, split]) =>
    (data.data[name] ?? []).map((pair, index) => {
      const [text, label] = Array.isArray(pair) ? (pair as unknown[]) : [];
      return { place: `${file}: ${name}[${index}]`, value: { text, label, lang: "en", split } };
    }),
  );
}

/** A table with a head that names `label` and `text`, and may name `lang` and `split`. */
function csv(bytes: Uint8Array, file: string): Found {
  const text = decodeText(bytes, file);
  let records: { record: Record<string, string>; info: { lines: number } }[];
  try {
    records = parse(text, {
      columns: true,
      info: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as typeof records;
  } catch (cause) {
    throw new InputError(
      `${file} is no CSV: ${cause instanceof Error ? cause.message : ""}`,
      "Its first line names the columns label and text.",
      { cause },
    );
  }
  return records.map(({ record, info }) => ({ place: `${file}:${info.lines}`, value: record }));
}

/** `label<TAB>text[<TAB>lang]`, without a head. */
function tsv(bytes: Uint8Array, file: string): Found {
  return decodeText(bytes, file)
    .split(/\r?\n/)
    .flatMap((line, index) => {
      if (line.trim() === "") return [];
      const [label, text, lang] = line.split("\t");
      return [{ place: `${file}:${index + 1}`, value: { label, text, lang } }];
    });
}

/** An object a line, with `label` and `text`, and perhaps `lang` and `split`; query records of this project as well. */
function jsonl(bytes: Uint8Array, file: string): Found {
  return decodeText(bytes, file)
    .split(/\r?\n/)
    .flatMap((line, index): Found => {
      if (line.trim() === "") return [];
      const place = `${file}:${index + 1}`;
      try {
        const value = JSON.parse(line) as Record<string, unknown>;
        return [{ place, value: { ...value, label: value.label ?? value.lineId } }];
      } catch {
        return [{ place, value: "no JSON" }];
      }
    });
}

/** `koudo_shishin.json`: `[{id, name, shin, hen}]` of 384 lines, or of 386 with 用九 and 用六, which are no lines. */
function koudo(bytes: Uint8Array, file: string): Found {
  const records = z
    .array(z.object({ id: z.number().int(), name: z.string(), shin: z.string(), hen: z.string() }))
    .safeParse(json(bytes, file));
  if (!records.success || (records.data.length !== 384 && records.data.length !== 386)) {
    throw new InputError(
      `${file} is no koudo_shishin.json`,
      "It is a list of 384 or 386 records {id, name, shin, hen}.",
    );
  }
  const extra = records.data.length === 386;
  return records.data.flatMap(({ id, shin, hen }, index) => {
    if (extra && (id === 7 || id === 14)) return [];
    const label = extra ? id - Number(id > 7) - Number(id > 14) : id;
    const place = `${file}: [${index}]`;
    // What it says of a line is to train from; it holds no questions to test on.
    return [shin, hen].map((text) => ({ place, value: { label, text, lang: "ja", split: "train" } }));
  });
}

function arrow(bytes: Uint8Array, file: string): Found {
  return fromArrow(bytes).examples.map(({ label, text, lang, split }, index) => ({
    place: `${file}: row ${index + 1}`,
    value: {
      label,
      text,
      lang: lang === "und" ? undefined : lang,
      split: split === "dev" || split === "test" ? split : "train",
    },
  }));
}

/** How an outside file is read, by the name of its format. */
export const FORMATS = { clinc, csv, tsv, jsonl, koudo, arrow } as const;
export type Format = keyof typeof FORMATS;
