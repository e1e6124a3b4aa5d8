import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { upload } from "#activities/upload.ts";
import type { Blessing } from "#contracts/blessing.ts";
import type { Rollout, RolloutState } from "#contracts/rollout.ts";
import { homeSigner } from "#local/home.ts";
import { blessedBy } from "#local/test-support/blessed.ts";
import { isOver } from "#policy/rollout.ts";
import { type ArtefactStore, artefactName } from "#stores/artefacts.ts";
import { createEdgeClient, type EdgeClient } from "#stores/edge.ts";
import { localEdgeBucket } from "#stores/edge-bucket.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { sqliteRegistry } from "#stores/registry.ts";
import { noteRelease } from "#stores/release-history.ts";
import { s3Artefacts } from "#stores/s3-artefacts.ts";
import { readRollout, tellRollout } from "#workers/rollout.ts";
import { tinyModel } from "../../edge/test-support/tiny-model.ts";
import { postJson, type System, startSystem } from "./system.ts";

/** A whole system with a released model, made without training, and models to release after it. */
export interface RolloutSystem {
  system: System;
  edge: EdgeClient;
  artefacts: ArtefactStore;
  released: ArtefactStore;
  /** Digests: what is served first, and models as good. */
  first: string;
  good: string[];
  /** One of the good, another each time. */
  next: () => string;
  /** Answers every question otherwise. */
  different: string;
  /** Damages a model where the edge reads it: an isolate that holds it goes on, a new one cannot load it. */
  damage: (sha256: string) => Promise<void>;
  /** Puts a model where the edge reads it. */
  upload: (sha256: string) => Promise<void>;
  /** Mends what was damaged, and ends what is on its way, however the test before ended. */
  calm: () => Promise<void>;
  rollout: () => Promise<Rollout | undefined>;
  /** Waits until the rollout of this model has come to this share at least (0: in shadow), and has seen the edge serve it well. */
  at: (sha256: string, share: number) => Promise<Rollout>;
  /** Waits until the rollout of this model is over, however, or stands so before that. */
  until: (sha256: string, state?: RolloutState) => Promise<Rollout>;
}

/** What users ask: class 1 of the tiny models knows the first, and so on. */
export const ASKED = ["αλφα βητα γαμμα", "δελτα εψιλον ζητα", "ητα θητα ιωτα", "καππα λαμδα μυ"];
/** States of a stage that was switched to. */
const SETTLED: readonly RolloutState[] = ["watching", "paused", "frozen"];
const NOTHING = { producedBy: "test", parents: [], codeDigest: "", configDigest: "", metrics: {} };

/**
 * @param config a file, beside this one where it has no folder
 * @param metrics what all models are blessed with
 */
export async function startRolloutSystem(
  config = "rollout.config.ts",
  metrics: Blessing["metrics"] = {},
): Promise<RolloutSystem> {
  const system = await startSystem({
    dataset: fileURLToPath(new URL("../../datasets", import.meta.url)),
    config: fileURLToPath(new URL(config, import.meta.url)),
  });
  const { url } = system.servers.endpoints.edge;
  const adminSecret = (await readFile(system.home.adminSecretFile, "utf8")).trim();
  const signer = homeSigner(system.home);
  const edge = createEdgeClient({ url, adminSecret }, signer);
  const artefacts = folderArtefacts(system.home.artefacts);
  const released = s3Artefacts(localEdgeBucket({ url, adminSecret }));
  const make = async (texts: readonly string[]) => (await artefacts.put("model", tinyModel(texts), NOTHING)).sha256;
  const [first = "", ...good] = await Promise.all(
    Array.from({ length: 12 }, (_, turn) => make([...ASKED, `turn ${turn}`])),
  );
  const different = await make([...ASKED.slice(1), ...ASKED.slice(0, 1), "turn"]);
  const left = [...good];
  const damaged = new Set<string>();
  async function mend(sha256: string): Promise<void> {
    // What lies there already is not written again; its blessing goes with it.
    if (damaged.has(sha256)) await released.remove({ sha256 });
    await upload({ artefacts, released }, { sha256 });
    if (damaged.delete(sha256)) await released.bless(blessedBy(signer, sha256, metrics));
  }
  for (const sha256 of [first, different, ...good]) await released.bless(blessedBy(signer, sha256, metrics));
  await upload({ artefacts, released }, { sha256: first });
  const current = { sha256: first, version: "v1.0.0" };
  await edge.putPointer({ schema: 1, epoch: 1, current, experiments: [], salt: "haqei", cacheGeneration: 0 }, 0);
  // As `07:distribute` notes it; what the bundled model answered before is no fault of it.
  const registry = sqliteRegistry(system.home.registryFile);
  await noteRelease(registry, {
    at: Date.now() - 60_000,
    sha256: first,
    version: current.version,
    outcome: "released",
  });
  registry.close();

  const rollout = () => readRollout(system.client);
  /** The rollout of this model once it is so, or over. */
  async function waited(sha256: string, isSo: (found: Rollout) => boolean): Promise<Rollout> {
    let found: Rollout | undefined;
    const isThere = async () => {
      // A worker that was killed answers no query.
      found = await rollout().catch(() => undefined);
      return found?.candidate.sha256 === sha256 && (isSo(found) || isOver(found));
    };
    await expect.poll(isThere, { timeout: 120_000, interval: 100 }).toBe(true);
    return found as unknown as Rollout;
  }
  async function isCalm(): Promise<boolean> {
    const found = await rollout();
    if (found === undefined || (isOver(found) && !found.waiting)) return true;
    const by = { person: "a test", reason: "the test before it is over" };
    await tellRollout(system.servers.endpoints, "abort", by).catch(() => undefined);
    return false;
  }
  return {
    system,
    edge,
    artefacts,
    released,
    first,
    good,
    next() {
      const one = left.shift();
      if (one === undefined) throw new Error("all models are taken: make more");
      return one;
    },
    different,
    upload: mend,
    async calm() {
      for (const sha256 of damaged) await mend(sha256);
      await expect.poll(isCalm, { timeout: 90_000, interval: 200 }).toBe(true);
    },
    async damage(sha256) {
      damaged.add(sha256);
      const { endpoint, bucket, region, ...credentials } = localEdgeBucket({ url, adminSecret });
      const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
      await s3.send(
        new PutObjectCommand({ Bucket: bucket, Key: artefactName(sha256), Body: "not what its name says" }),
      );
      s3.destroy();
    },
    rollout,
    async at(sha256, share) {
      const found = await waited(
        sha256,
        ({ state, stage }) => SETTLED.includes(state) && (stage?.share ?? -1) >= share,
      );
      expect(isOver(found), JSON.stringify(found.history.slice(-3))).toBe(false);
      return found;
    },
    async until(sha256, state) {
      const found = await waited(sha256, (one) => one.state === state);
      if (state) expect(found.state, JSON.stringify(found.history.slice(-3))).toBe(state);
      return found;
    },
  };
}

/** Users who ask, each once, until told to stop; `counts` says how many asked and how many got no answer. */
export function startUsers(edgeUrl: string) {
  let running = true;
  const counts = { asked: 0, unanswered: 0 };
  const ask = async (lane: number) => {
    while (running) {
      counts.asked += 1;
      const text = ASKED[counts.asked % ASKED.length];
      const userId = `user-${lane}-${counts.asked}-${Date.now()}`;
      const { status } = await postJson(`${edgeUrl}/api/classify`, { text, userId, consent: true }).catch(() => ({
        status: 0,
      }));
      if (status !== 200) counts.unanswered += 1;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const lanes = [0, 1, 2].map(ask);
  return {
    counts,
    stop: async () => {
      running = false;
      await Promise.all(lanes);
    },
  };
}
