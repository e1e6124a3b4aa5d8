import { cp, mkdir, mkdtemp, readFile, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { InputError } from "#contracts/errors.ts";
import { Example } from "#contracts/example.ts";
import { Readings } from "#contracts/readings.ts";
import { type AuthoredData, readAuthored } from "./authored.ts";

const DATASETS = fileURLToPath(new URL("./", import.meta.url));

let home: string;
let folder: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "haqei-authored-"));
});
afterAll(() => rm(home, { recursive: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(home, "set-"));
});

/** What reading the folder complains of. */
async function complaint(): Promise<InputError> {
  const error: unknown = await readAuthored(folder).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  return error as InputError;
}

describe("the project's 384 lines", () => {
  let data: AuthoredData;
  beforeAll(async () => {
    data = await readAuthored(DATASETS);
  });

  test("are the classes 1 to 384, each with a reading", () => {
    expect(data.classes).toEqual(Array.from({ length: 384 }, (_, index) => String(index + 1)));
    const { lines } = Readings.parse(data.readings);
    expect(lines.map(({ id }) => String(id))).toEqual(data.classes);
    expect(lines[0]).toMatchObject({
      id: 1,
      hexagram: 1,
      position: 1,
      label: "初九",
      names: { ja: "乾為天" },
      changedTo: 44,
    });
    expect(lines[383]).toMatchObject({
      id: 384,
      hexagram: 64,
      position: 6,
      label: "上九",
      names: { ja: "火水未済" },
      changedTo: 40,
    });
  });
  test("have queries in every split, and each line's reading and keywords to train from", () => {
    const { reading = [], keywords = [], authored = [] } = Object.groupBy(data.examples, ({ source }) => source);
    for (const own of [reading, keywords]) {
      expect(new Set(own.map(({ label }) => label)).size).toBe(384);
      expect(new Set(own.map(({ split }) => split))).toEqual(new Set(["train"]));
    }
    const english = keywords.find(({ label, lang }) => label === "1" && lang === "en");
    expect(english?.text).toContain("lying low, ");
    // What speaks against a line is no word of it.
    expect(english?.text).not.toContain("promoted");
    for (const split of ["train", "live", "dev", "test"]) {
      expect(new Set(authored.filter((one) => one.split === split).map(({ label }) => label)).size).toBe(384);
    }
  });
  test("give well-formed examples whose ids are their own, whose families stay in one split and one label", () => {
    for (const example of data.examples) Example.parse(example);
    expect(new Set(data.examples.map(({ id }) => id)).size).toBe(data.examples.length);
    const homes = new Map<string, Set<string>>();
    for (const { family, split, label } of data.examples)
      homes.set(family, (homes.get(family) ?? new Set()).add(`${split} ${label}`));
    expect([...homes.values()].filter(({ size }) => size > 1)).toEqual([]);
    expect(homes.size).toBeGreaterThanOrEqual(384 * 8);
  });
  test("are read the same twice", async () => {
    expect(await readAuthored(DATASETS)).toEqual(data);
  });
});

describe("faults in the lines", () => {
  const file = (name: string): string => join(folder, "lines", name);
  const edit = async (name: string, from: string, to: string): Promise<void> => {
    const before = await readFile(file(name), "utf8");
    expect(before).toContain(from);
    await writeFile(file(name), before.replace(from, to));
  };
  beforeEach(() => cp(join(DATASETS, "lines"), join(folder, "lines"), { recursive: true }));

  test("are all named at once, with file, field and rule", async () => {
    await edit("03-屯.yaml", "position: 2", "position: 7");
    await edit("03-屯.yaml", "domain: work", "domain: office");
    await edit("07-師.yaml", 'code: "', 'code: "2');
    await writeFile(file("09-小畜.yaml"), "hexagram: [9\n");
    const { message } = await complaint();
    expect(message).toContain("4 faults");
    expect(message).toMatch(/^03-屯\.yaml: lines\.1\.position: .*6/m);
    expect(message).toMatch(/^03-屯\.yaml: lines\.\d\.(queries\.\w+|situations)\.\d\.domain: .*"work"/m);
    expect(message).toMatch(/^07-師\.yaml: code: .*\[01\]\{6\}/m);
    expect(message).toMatch(/^09-小畜\.yaml: .*line/m);
  });
  test("an unknown field is one: a slip of the pen loses no text silently", async () => {
    await edit("03-屯.yaml", "shin:", "shinn:");
    const { message } = await complaint();
    expect(message).toMatch(/03-屯\.yaml: lines\.0\.shin: /);
    expect(message).toMatch(/03-屯\.yaml: lines\.0: .*shinn/);
  });
  test("an empty file is one", async () => {
    await writeFile(file("03-屯.yaml"), "");
    expect((await complaint()).message).toMatch(/03-屯\.yaml: .*object/);
  });
  test("a hexagram that is missing is one", async () => {
    await unlink(file("03-屯.yaml"));
    expect((await complaint()).message).toContain("there are 63 hexagrams, not 64");
  });
  test("a contradiction of the structure is one, with its place", async () => {
    await edit("03-屯.yaml", "label: 初九", "label: 初六");
    await edit("03-屯.yaml", "changedTo: 8", "changedTo: 9");
    const { message } = await complaint();
    expect(message).toContain("hexagram 3, line 1: its label is 初六, not 初九");
    expect(message).toContain("hexagram 3, line 1: it changes to hexagram 8, not 9");
  });
});

describe("any other taxonomy", () => {
  test("is read from tables: classes in order, languages where given", async () => {
    await writeFile(join(folder, "train.tsv"), "refund\tI want my money back\ten\nbooking\t席を取りたい\n");
    await writeFile(join(folder, "dev.tsv"), "booking\ta table for two\n");
    await writeFile(join(folder, "test.tsv"), "refund\treturn it\n");
    const { examples, classes, readings } = await readAuthored(folder);
    expect(classes).toEqual(["booking", "refund"]);
    expect(readings).toBeUndefined();
    expect(examples.map(({ id, label, text, lang, split }) => [id, label, text, lang, split])).toEqual([
      ["train-1", "refund", "I want my money back", "en", "train"],
      ["train-2", "booking", "席を取りたい", "und", "train"],
      ["dev-1", "booking", "a table for two", "und", "dev"],
      ["test-1", "refund", "return it", "und", "test"],
    ]);
    for (const example of examples) Example.parse(example);
  });
  test("needs a test set", async () => {
    await writeFile(join(folder, "train.tsv"), "a\tb\n");
    expect((await complaint()).message).toContain("test.tsv is missing");
  });
  test("with faults names file, line and rule, all of them", async () => {
    await writeFile(join(folder, "train.tsv"), "good\ttext\nno tab here\n\tno label\n");
    await writeFile(join(folder, "test.tsv"), "good\ttext\n");
    const { message } = await complaint();
    expect(message).toMatch(/train\.tsv:2: 1 columns/);
    expect(message).toMatch(/train\.tsv:3: the label is empty/);
  });
  test("a folder with neither says what it needs", async () => {
    await mkdir(join(folder, "empty"));
    const error = await complaint();
    expect(error.message).toContain("holds no data set");
    expect(error.hint).toMatch(/lines\/\*\.yaml.*train\.tsv/);
  });
});
