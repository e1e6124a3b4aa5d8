import "./kernel.ts";
import { describe, expect, it } from "vitest";
import { decodeModel } from "#model/codec.ts";
import golden from "#model/golden.json";
import { type GoldenAnswer, type GoldenBytes, goldenAnswer, goldenModel } from "#model/golden.ts";
import rungs from "#model/golden-rungs.json";
import { createClassifier } from "#model/score.ts";

/** The file that Node's tests wrote (`model/golden.test.ts`): what training and validation score, the edge must score to the last bit. */
describe("scores in workerd", () => {
  it("are those of Node, bit for bit", () => {
    const answers = golden as GoldenAnswer[];
    expect(answers.length).toBeGreaterThan(50);
    const classifier = createClassifier(goldenModel());
    for (const answer of answers) expect(goldenAnswer(classifier, answer.text)).toEqual(answer);
  });

  it.each(rungs as GoldenBytes[])("are those of Node for a model stored on rung $rung", ({ bytes, answers }) => {
    const classifier = createClassifier(decodeModel(Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))));
    for (const answer of answers) expect(goldenAnswer(classifier, answer.text)).toEqual(answer);
  });
});
