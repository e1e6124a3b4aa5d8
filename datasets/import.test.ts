import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InputError } from "#contracts/errors.ts";
import { toArrow } from "./arrow.ts";
import { readAuthored } from "./authored.ts";
import type { Format } from "./formats/formats.ts";
import { importDataset } from "./import.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "haqei-import-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function bringIn(format: Format, content: string | Uint8Array, name = "given") {
  const from = join(folder, name);
  await writeFile(from, content);
  const out = join(folder, "out");
  return { imported: await importDataset({ from, format, out }), out };
}

const faultsOf = (format: Format, content: string, name: string): Promise<InputError> =>
  bringIn(format, content, name).then(
    () => expect.fail("it was taken"),
    (error: unknown) => {
      expect(error).toBeInstanceOf(InputError);
      return error as InputError;
    },
  );

describe("importing", () => {
  it("takes CLINC150's JSON with its splits, without what is out of scope", async () => {
    const clinc = {
      train: [
        ["hello there", "greet"],
        ["good bye", "leave"],
      ],
      val: [["hi", "greet"]],
      test: [["bye", "leave"]],
      oos_test: [["42", "oos"]],
    };
    const { imported, out } = await bringIn("clinc", JSON.stringify(clinc));
    expect(imported).toMatchObject({ counts: { train: 2, dev: 1, test: 1 }, classes: 2 });
    const { examples, classes } = await readAuthored(out);
    expect(classes).toEqual(["greet", "leave"]);
    expect(examples.map(({ text, lang, split }) => [text, lang, split])).toEqual([
      ["hello there", "en", "train"],
      ["good bye", "en", "train"],
      ["hi", "en", "dev"],
      ["bye", "en", "test"],
    ]);
  });

  it("takes what a spreadsheet writes: byte order mark, line ends of Windows, spaces about labels; a row that stands twice once", async () => {
    const content =
      "\ufefflabel,text\r\n返品 交換 , サイズが合わない\r\n返品 交換,サイズが合わない\r\n配送,サイズが合わない\r\n";
    const { imported, out } = await bringIn("csv", content);
    expect(imported).toMatchObject({ duplicates: 1, classes: 2 });
    const [file = ""] = await readdir(out);
    expect(await readFile(join(out, file), "utf8")).toBe("返品 交換\tサイズが合わない\n配送\tサイズが合わない\n");
  });

  it("refuses what is not UTF-8, and says how to mend it", async () => {
    const shiftJis = Buffer.concat([Buffer.from("label,text\na,"), Buffer.from([0x83, 0x4e, 0x83, 0x8c])]);
    await expect(bringIn("csv", shiftJis)).rejects.toMatchObject({
      name: "InputError",
      hint: expect.stringContaining("UTF-8"),
    });
  });

  it("takes CSV with quoted commas and line breaks, by its head", async () => {
    const { out } = await bringIn("csv", 'text,label,split,lang\n"one, two\nthree",a,train,en\nvier,b,test,\n');
    const { examples } = await readAuthored(out);
    expect(examples.map(({ text, label, split }) => [text, label, split])).toEqual([
      ["one, two three", "a", "train"],
      ["vier", "b", "test"],
    ]);
  });

  it("splits what names no split by the text, equal texts together, the same each time", async () => {
    const rows = Array.from({ length: 2000 }, (_, index) => `${index % 7}\ttext number ${index % 1500}\n`).join("");
    const { imported, out } = await bringIn("tsv", rows);
    expect(imported.counts.train).toBeGreaterThan(1500);
    expect(imported.counts.dev).toBeGreaterThan(120);
    expect(imported.counts.test).toBeGreaterThan(120);
    const { examples } = await readAuthored(out);
    const splits = new Map<string, Set<string>>();
    for (const { text, split } of examples) splits.set(text, (splits.get(text) ?? new Set()).add(split));
    expect([...splits.values()].every(({ size }) => size === 1)).toBe(true);
    await rm(out, { recursive: true });
    expect((await bringIn("tsv", rows)).imported).toEqual(imported);
  });

  it("takes JSON Lines, query records among them", async () => {
    const { imported } = await bringIn(
      "jsonl",
      '{"label":"a","text":"x","split":"train"}\n{"lineId":13,"text":"開業届","lang":"ja","split":"test"}\n',
    );
    expect(imported).toMatchObject({ counts: { train: 1, dev: 0, test: 1 }, classes: 2 });
  });

  it.each([384, 386])("takes koudo_shishin.json of %d records, without 用九 and 用六", async (n) => {
    const records = Array.from({ length: n }, (_, index) => ({
      id: index + 1,
      name: `n${index + 1}`,
      shin: `進 ${index + 1}`,
      hen: `変 ${index + 1}`,
    }));
    const { imported, out } = await bringIn("koudo", JSON.stringify(records));
    expect(imported).toMatchObject({ counts: { train: 768, dev: 0, test: 0 }, classes: 384 });
    await writeFile(join(out, "test.tsv"), "384\tx\n");
    const { examples } = await readAuthored(out);
    // Record 8 is hexagram 2's first line where 7 is 用九; the last record is the last line.
    expect(examples.find(({ text }) => text === "進 8")?.label).toBe(n === 386 ? "7" : "8");
    expect(examples.find(({ text }) => text === `変 ${n}`)?.label).toBe("384");
    expect(examples.some(({ text }) => text === "進 7")).toBe(n === 384);
  });

  it("takes what the pipeline itself froze as Arrow", async () => {
    const base = { lang: "ja" as const, weight: 1, source: "authored" as const, acceptable: [] };
    const examples = [
      { ...base, id: "1", label: "1", text: "あ", split: "train" as const, family: "a" },
      { ...base, id: "2", label: "2", text: "い", split: "test" as const, family: "b" },
    ];
    const { imported } = await bringIn("arrow", toArrow({ examples, classes: ["1", "2"] }));
    expect(imported.counts).toEqual({ train: 1, dev: 0, test: 1 });
  });

  it("names file, line, field and rule of every fault, and leaves nothing behind", async () => {
    const error = await faultsOf(
      "csv",
      `label,text,lang\n,no label,\nb,,\nc,fine,de\nd,${"x".repeat(2001)},\n`,
      "rows.csv",
    );
    expect(error.message).toContain("rows.csv:2: label: the label is empty");
    expect(error.message).toContain("rows.csv:3: text: the text is empty");
    expect(error.message).toMatch(/rows\.csv:4: lang: /);
    expect(error.message).toContain("rows.csv:5: text: the text is longer than 2000 characters");
    expect(await readdir(folder)).toEqual(["rows.csv"]);
  });

  it.each<[Format, string]>([
    ["clinc", "[1"],
    ["clinc", "[]"],
    ["koudo", "[]"],
    ["jsonl", "{"],
    ["jsonl", ""],
    ["tsv", "only a label"],
    ["arrow", "no arrow"],
    ["csv", 'label,text\n"open'],
  ])("refuses %s that is none: %s", async (format, content) => {
    await faultsOf(format, content, "given");
    expect(existsSync(join(folder, "out"))).toBe(false);
  });

  it("does not write over a folder that holds something", async () => {
    await bringIn("tsv", "a\tone\n");
    await expect(bringIn("tsv", "a\ttwo\n")).rejects.toThrow("is not empty");
  });
});
