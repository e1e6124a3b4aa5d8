import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { InputError } from "#contracts/errors.ts";
import { decodeModel, encodeModel } from "./codec.ts";
import { type GoldenBytes, goldenAnswer, goldenRungs } from "./golden.ts";
import { createClassifier } from "./score.ts";
import { withKernel } from "./test-support/kernel.ts";
import { seal } from "./test-support/mutate.ts";

/**
 * Files that earlier versions wrote, `<schema>-<rung>.bin`, all of the golden model. One is added whenever the bytes of a rung
 * change; none is ever changed.
 */
const folder = new URL("./fixtures/", import.meta.url);
const files = readdirSync(folder).sort();
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)));
const golden = JSON.parse(readFileSync(new URL("./golden-rungs.json", import.meta.url), "utf8")) as GoldenBytes[];

describe("files of earlier versions", () => {
  test("are here for each rung, and today's bytes are among them", () => {
    expect(files).toEqual([
      "1-codebook.bin",
      "1-coded.bin",
      "1-float16.bin",
      "1-float32.bin",
      "1-int8.bin",
      "2-coded.bin",
    ]);
    const kept = files.map((name) => Buffer.from(read(name)).toString("base64"));
    for (const model of Object.values(goldenRungs()))
      expect(kept).toContain(Buffer.from(encodeModel(model)).toString("base64"));
  });

  test.each(files)("%s gives the answers that it always gave, with the kernel and without", (name) => {
    const rung = name.slice(2, -".bin".length);
    const stored = golden.find((one) => one.rung === rung) as GoldenBytes;
    const answers = () => {
      const classifier = createClassifier(decodeModel(read(name)));
      return stored.answers.map(({ text }) => goldenAnswer(classifier, text));
    };
    expect(answers()).toEqual(stored.answers);
    expect(withKernel(answers)).toEqual(stored.answers);
  });
});

describe("files of later versions are refused by name", () => {
  /** The same file with something else in its header, in as many letters. */
  const changed = (name: string, from: string, to: string): Uint8Array => {
    const text = Buffer.from(read(name)).toString("latin1");
    expect(text).toContain(from);
    expect(to).toHaveLength(from.length);
    return seal(new Uint8Array(Buffer.from(text.replace(from, to), "latin1")));
  };

  test.each([
    ["another schema", "2-coded.bin", '"schema":2', '"schema":3', "its schema is 3"],
    ["another rung", "2-coded.bin", '"rung":"coded"', '"rung":"woven"', "its rung is woven"],
    ["another normaliser", "1-int8.bin", '"normaliser":1', '"normaliser":2', "made with normaliser 2"],
    ["other features", "1-int8.bin", '"features":1', '"features":2', "features 2"],
    ["another format", "1-float32.bin", "HAQEIMDL", "HAQEIMD2", "does not begin with HAQEIMDL"],
  ])("%s", (_, name, from, to, message) => {
    const bytes = changed(name, from, to);
    expect(() => decodeModel(bytes)).toThrow(InputError);
    expect(() => decodeModel(bytes)).toThrow(message);
  });
});
