import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ConflictError, InputError, NotFoundError } from "#contracts/errors.ts";
import { ExperimentReport } from "#contracts/experiment.ts";
import type { Pointer } from "#contracts/pointer.ts";
import { tinyModel } from "#edge/test-support/tiny-model.ts";
import { type EdgeServer, startEdge } from "#local/edge-server.ts";
import { blessedBy } from "#local/test-support/blessed.ts";
import { decodeModel } from "#model/codec.ts";
import { createEdgeClient, type EdgeClient } from "#stores/edge.ts";
import { localEdgeBucket } from "#stores/edge-bucket.ts";
import { putExperiment, readExperiments } from "#stores/experiments.ts";
import { type Registry, sqliteRegistry } from "#stores/registry.ts";
import { s3Artefacts } from "#stores/s3-artefacts.ts";
import { createSigner, newSigningKey } from "#stores/signing.ts";
import { experimentPage } from "./experiment-page.ts";
import {
  createExperiment,
  type ExperimentNeeds,
  experimentReport,
  startExperiment,
  stopExperiment,
} from "./experiments.ts";

const TEXTS = ["仕事を辞めて独立したい", "好きな人に告白するか迷う", "親の介護で疲れている"];
const SIGNER = createSigner(newSigningKey());
const CONTROL = tinyModel(TEXTS);
const DAY = 86_400_000;

let folder: string;
let edge: EdgeServer;
let client: EdgeClient;
let registry: Registry;
let control: string;
let experimental: string;
let ahead = 0;
const needs = (): ExperimentNeeds => ({ registry, edge: client, now: () => Date.now() + ahead });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "haqei-experiments-"));
  const vars = { BLESSING_KEYS: SIGNER.publicKeys.join(",") };
  edge = await startEdge({ persistence: join(folder, "edge"), adminSecret: "secret", port: 0, vars });
  const location = { url: edge.url, adminSecret: "secret" };
  client = createEdgeClient(location, SIGNER);
  registry = sqliteRegistry(join(folder, "registry.db"));
  const artefacts = s3Artefacts(localEdgeBucket(location));
  const upload = async (bytes: Uint8Array) => {
    const provenance = { producedBy: "test", parents: [], codeDigest: "", configDigest: "", metrics: {} };
    const { sha256 } = await artefacts.put("model", bytes, provenance);
    await artefacts.bless(blessedBy(SIGNER, sha256));
    return sha256;
  };
  control = await upload(CONTROL);
  experimental = await upload(tinyModel([...TEXTS].reverse()));
}, 60_000);
afterAll(async () => {
  registry.close();
  await edge.stop();
  await rm(folder, { recursive: true, force: true });
});

const plan = (name: string) => ({
  name,
  salt: `salt-${name}`,
  arms: [
    { name: "control", sha256: control, basisPoints: 5000 },
    { name: "experimental", sha256: experimental, basisPoints: 5000 },
  ],
  mde: 0.05,
  horizon: 1000,
});

const post = async <T>(path: string, body: unknown): Promise<T> => {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${edge.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return (await response.json()) as T;
};

/** A person asks, and says whether the answer was right. */
async function person(userId: string): Promise<string> {
  const asked = { text: TEXTS[0], userId, consent: true };
  const { eventId, bucket, predictions } = await post<{
    eventId: string;
    bucket: string;
    predictions: { id: number }[];
  }>("/api/classify", asked);
  const value = predictions[0]?.id === 1 ? 1 : -1;
  await post("/api/feedback", { id: `thumb-${userId}`, eventId, type: "thumb", at: Date.now(), value, userId });
  return bucket;
}

it("lives on a real edge: planned, refused beside a canary, started, answered, reported, stopped", {
  timeout: 60_000,
}, async () => {
  await expect(createExperiment(needs(), { ...plan("ab"), mde: 2 })).rejects.toThrow(InputError);
  await createExperiment(needs(), plan("ab"));
  await expect(createExperiment(needs(), plan("ab"))).rejects.toThrow(ConflictError);
  await expect(startExperiment(needs(), "ab")).rejects.toThrow(NotFoundError);

  const canary = { sha256: experimental, version: "v1.0.1-rc1", basisPoints: 500 };
  const pointer: Pointer = {
    schema: 1,
    epoch: 1,
    current: { sha256: control, version: "v1.0.0" },
    experiments: [],
    salt: "s",
    cacheGeneration: 0,
  };
  await client.putPointer({ ...pointer, canary }, 0);
  await expect(startExperiment(needs(), "ab")).rejects.toThrow("canary v1.0.1-rc1");
  await client.putPointer({ ...pointer, epoch: 2 }, 1);

  await person("before the start");
  await startExperiment(needs(), "ab");
  await expect(startExperiment(needs(), "ab")).rejects.toThrow("is running");
  expect((await client.pointer())?.experiments).toMatchObject([{ name: "ab" }]);

  const buckets: string[] = [];
  for (let index = 0; index < 40; index++) buckets.push(await person(`user-${index}`));
  ahead = 8 * DAY;
  const report = ExperimentReport.parse(
    await experimentReport(needs(), "ab", async (sha256) => {
      expect(sha256).toBe(control);
      return decodeModel(CONTROL);
    }),
  );
  expect(report.arms.map(({ users }) => users)).toEqual(
    ["ab/control", "ab/experimental"].map((bucket) => buckets.filter((one) => one === bucket).length),
  );
  expect(report.arms[0]).toMatchObject({ accuracy: { value: 1 }, conversion: { value: 1 } });
  expect(report.arms[1]).toMatchObject({ accuracy: { value: 0 }, conversion: { value: 0 } });
  // Forty people show nothing yet, however plain it looks.
  expect(report.decision).toMatchObject({ action: "hold", reason: "too-few-judged" });
  expect(experimentPage(report)).toContain("too-few-judged");

  await stopExperiment(needs(), "ab", "seen enough");
  await stopExperiment(needs(), "ab", undefined);
  expect((await client.pointer())?.experiments).toEqual([]);
  expect(await readExperiments(registry)).toMatchObject([{ state: "stopped", reason: "seen enough" }]);
});

it("does not report on a plan that was changed since it started", async () => {
  await createExperiment(needs(), plan("cd"));
  const running = await startExperiment(needs(), "cd");
  await putExperiment(registry, { ...running, plan: { ...running.plan, alpha: 0.2 } });
  await expect(experimentReport(needs(), "cd", async () => decodeModel(CONTROL))).rejects.toThrow("was changed since");
});

it("leaves an experiment as it was where the pointer cannot be moved", async () => {
  await createExperiment(needs(), plan("ef"));
  const putPointer = () => Promise.reject(new ConflictError("moved meanwhile", "Read it again."));
  await expect(startExperiment({ ...needs(), edge: { ...client, putPointer } }, "ef")).rejects.toThrow(
    "moved meanwhile",
  );
  expect((await readExperiments(registry)).find((one) => one.plan.name === "ef")?.state).toBe("created");
});
