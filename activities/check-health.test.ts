import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MockActivityEnvironment } from "@temporalio/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Pointer } from "#contracts/pointer.ts";
import { decodeModel } from "#model/codec.ts";
import { type Answer, createClassifier } from "#model/score.ts";
import type { EdgeClient } from "#stores/edge.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { tinyModel } from "../edge/test-support/tiny-model.ts";
import { checkHealth, type HealthCall, type Healthy } from "./check-health.ts";
import { GOLDEN_QUERIES } from "./golden-queries.ts";

/** Knows the last golden query that is asked, the first in its script, and nothing of the others. */
const QUERIES = 8;
const BYTES = tinyModel([GOLDEN_QUERIES[QUERIES - 1] ?? "", "αλφα βητα γαμμα"]);
const NOTHING = { producedBy: "test", parents: [], codeDigest: "", configDigest: "", metrics: {} };

interface Answered extends Omit<Answer, "path"> {
  path: string;
  model: string;
}

let folder: string;
let pointer: Pointer;
/** What an edge makes of the model's own answer. */
let answered: (answer: Answered, text: string) => Answered;

const classifier = createClassifier(decodeModel(BYTES));
const edge = {
  pointer: async () => pointer,
  classify: async (text: string) =>
    answered({ ...classifier.classify(text, { top: 2 }), model: pointer.current.sha256 }, text),
} as unknown as EdgeClient;
const released = () => folderArtefacts(join(folder, "released"));
const check = (clock: () => number = Date.now) =>
  new MockActivityEnvironment().run<[HealthCall], Healthy, (call: HealthCall) => Promise<Healthy>>(
    checkHealth({ edge, released: released(), now: clock }),
    {
      sha256: pointer.current.sha256,
      epoch: 4,
      queries: QUERIES,
      seconds: 10,
    },
  );
/** A check whose time is over after one look. */
function once() {
  let at = 0;
  return check(() => (at += 20_000));
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "haqei-health-"));
  const { sha256 } = await released().put("model", BYTES, NOTHING);
  const current = { sha256, version: "v1.0.0" };
  pointer = { schema: 1, epoch: 4, current, experiments: [], salt: "haqei", cacheGeneration: 0 };
  answered = (answer) => answer;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the health check", () => {
  it("passes an edge that answers as the model does offline, and says what the dearest answer cost", async () => {
    const found = await check();
    expect(found).toMatchObject({ ok: true, equal: QUERIES });
    expect(found.operations).toBeGreaterThan(0);
  });

  it("leaves out what the model knows nothing of, where the edge asks its dictionary", async () => {
    const others = [{ id: 2, label: "2", score: 0.9 }];
    answered = (answer) => (answer.path === "prior" ? { ...answer, path: "keywords", predictions: others } : answer);
    expect(await once()).toMatchObject({ ok: true, equal: 1 });
    const kept = answered;
    answered = (answer, text) => ({ ...kept(answer, text), path: "cache" });
    expect(await once()).toMatchObject({ ok: true, equal: 1 });
  });

  it.each<[string, (answer: Answered) => Answered]>([
    ["over its budget", (answer) => ({ ...answer, path: "reduced" })],
    ["over its budget", (answer) => ({ ...answer, path: "keywords" })],
    ["answered in its place", (answer) => ({ ...answer, model: "c".repeat(64) })],
    ["answered otherwise than offline", (answer) => ({ ...answer, predictions: answer.predictions.toReversed() })],
  ])("says what is wrong to the end: %s (%#)", async (failed, otherwise) => {
    answered = otherwise;
    expect(await once()).toMatchObject({ ok: false, failed: expect.stringContaining(failed) });
  });

  it("asks until it is as it should be", async () => {
    let asked = 0;
    answered = (answer) => ({ ...answer, ...(asked++ === 0 ? { model: "c".repeat(64) } : {}) });
    expect(await check()).toMatchObject({ ok: true });
    pointer = { ...pointer, epoch: 3 };
    expect(await once()).toMatchObject({ ok: false, failed: "the pointer is an older one" });
  });
});
