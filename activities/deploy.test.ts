import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Config, TrainingConfig } from "#contracts/config.ts";
import type { Example } from "#contracts/example.ts";
import type { StageCall } from "#contracts/run.ts";
import { toArrow } from "#datasets/arrow.ts";
import { decodeModel, encodeModel } from "#model/codec.ts";
import { sha256 } from "#stores/digest.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { createSigner, newSigningKey } from "#stores/signing.ts";
import { compress } from "#training/compress.ts";
import { measure, type ToMeasure } from "#training/measure.ts";
import { damaged, synthetic } from "#training/test-support/damage.ts";
import { train } from "#training/train.ts";
import { deploy } from "./deploy.ts";
import { scoreModel } from "./scoring.ts";
import { jsonBytes, type StageWork } from "./stage.ts";

let original: Uint8Array;
let folder: string;
const examples = synthetic(400, 2).map(
  ({ text, label }, at): Example => ({
    id: `${at}`,
    label,
    text,
    lang: "und",
    split: "test",
    weight: 1,
    source: "authored",
    family: `${at}`,
    acceptable: [],
  }),
);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "haqei-deploy-"));
  const options = TrainingConfig.parse({ epochs: 8, max_dimension: 12 });
  original = (await train({ examples: synthetic(600, 1), options, seed: 1 })).model;
});

afterAll(() => rmSync(folder, { recursive: true }));

/** The stage's verdict of a model that would be shipped, where none serves yet. */
async function decide(model: Uint8Array): Promise<StageWork["verdict"]> {
  const { deploy: limits, compression, release, preprocess } = Config.parse({});
  const { score } = scoreModel(original, sha256(original), examples);
  const inputs: Record<string, Uint8Array> = {
    model,
    original,
    dataset: toArrow({ examples, classes: decodeModel(original).classes.slice() }),
    evaluation: jsonBytes({ schema: 1, split: "test", candidate: score }),
  };
  const call = {
    settings: { deploy: limits, compression, release, preprocess },
    activity: "deploy",
    asked: { date: "2026-11-24" },
    stage: "06:deploy",
    inputs: { model: { sha256: sha256(model) } },
  } as unknown as StageCall;
  const needs = {
    artefacts: folderArtefacts(folder),
    scratch: "",
    signer: createSigner(newSigningKey()),
    codeDigests: {},
    now: Date.now,
    measureAsServed: async (given: ToMeasure) => measure(given),
  };
  const { verdict } = await deploy(needs)({
    call,
    signal: new AbortController().signal,
    report: () => undefined,
    input: (role) => Promise.resolve(inputs[role] as Uint8Array),
  });
  return verdict;
}

describe.each(["coded", "codebook"] as const)("06:deploy of a model on rung %s", (rung) => {
  test("promotes it whole, and holds it with a tenth of its codes exchanged", async () => {
    const whole = compress(original, rung);
    expect(await decide(whole)).toMatchObject({ action: "promote", reason: "first-model" });
    const broken = await decide(encodeModel(damaged(decodeModel(whole))));
    expect(broken).toMatchObject({ action: "hold", reason: "compression-gate" });
    expect(broken?.evidence.compression_failed).toContain("vector_retention");
  });
});
