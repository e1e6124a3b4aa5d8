import { expect, it } from "vitest";
import type { KeptDisagreement, ShadowLabels } from "#contracts/shadow.ts";
import { tinyModel } from "#edge/test-support/tiny-model.ts";
import { decodeModel } from "#model/codec.ts";
import { disagreementsOf, readLabels } from "./disagreements.ts";

const [MODEL, SHADOW, OTHER] = ["a", "b", "c"].map((letter) => letter.repeat(64)) as [string, string, string];
const bytes = tinyModel(["one", "two", "three", "four"]);
const { classes } = decodeModel(bytes);
const ranked = (...ids: number[]) => ids.map((id) => ({ id, score: 0.5 }));
const disagreement = (seq: number, more: Partial<KeptDisagreement> = {}): KeptDisagreement => ({
  seq,
  epoch: 3,
  first: true,
  textHash: "00",
  at: 1,
  lang: "ja",
  model: MODEL,
  answers: ranked(4, 2, 3),
  shadow: SHADOW,
  shadowAnswers: ranked(1, 4, 2),
  user: `u${seq}`,
  text: `text ${seq}`,
  ...more,
});

function edgeWith(kept: KeptDisagreement[], names: "shadow" | "canary" | "nothing" = "shadow") {
  const sent: ShadowLabels[] = [];
  const pointer = {
    schema: 1 as const,
    epoch: 3,
    current: { sha256: MODEL, version: "v1.0.0" },
    ...(names === "shadow" ? { shadow: { sha256: SHADOW, version: "v1.0.1-rc1", sample: 0.5 } } : {}),
    ...(names === "canary" ? { canary: { sha256: SHADOW, version: "v1.0.1-rc1", basisPoints: 500 } } : {}),
    experiments: [],
    salt: "s",
    cacheGeneration: 0,
  };
  return {
    sent,
    pointer: async () => pointer,
    disagreements: async () => kept,
    labelDisagreements: async (labels: ShadowLabels) => sent.push(labels),
  };
}
const artefacts = { get: async () => bytes };

it("asks for the first of each user that differs, with a text, of the candidate that is on its way", async () => {
  const kept = [
    disagreement(1),
    disagreement(2, { first: false }),
    disagreement(3, { text: undefined }),
    disagreement(4, { shadow: OTHER }),
    disagreement(5, { label: 2 }),
  ];
  for (const name of ["shadow", "canary"] as const) {
    const { open, labelled } = await disagreementsOf(edgeWith(kept, name), artefacts);
    expect(open.map(({ seq }) => seq)).toEqual([1]);
    expect(labelled).toBe(1);
  }
  const { open } = await disagreementsOf(edgeWith(kept, "nothing"), artefacts);
  expect(open).toEqual([]);
});

it("shows the classes in their own order, which tells nothing of who thought of them first", async () => {
  const { open } = await disagreementsOf(edgeWith([disagreement(1)]), artefacts);
  expect(open[0]?.candidates).toEqual([1, 2, 4].map((id) => ({ id, label: classes[id - 1] })));
  const turned = disagreement(1, { answers: ranked(1, 4, 2), shadowAnswers: ranked(4, 2, 3) });
  expect((await disagreementsOf(edgeWith([turned]), artefacts)).open).toEqual(open);
});

it("reads labels made elsewhere, by name, number or none, and names the line that is wrong", async () => {
  const { open, put } = await disagreementsOf(edgeWith([1, 2, 3].map((seq) => disagreement(seq))), artefacts);
  const labels = readLabels(`1\t${classes[3]}\n2\t1\n\n3\t-\n`, open);
  expect(labels).toEqual([
    { seq: 1, label: 4 },
    { seq: 2, label: 1 },
    { seq: 3, label: 0 },
  ]);
  expect(await put({ by: "mika", labels })).toBe(1);
  expect(() => readLabels("1\tnothing", open)).toThrow("line 1: nothing is none of");
  expect(() => readLabels(`1\t1\n9\t1`, open)).toThrow("line 2: no open disagreement has the number 9");
});
