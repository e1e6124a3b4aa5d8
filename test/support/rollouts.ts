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
import { artefactName } from "#stores/artefacts.ts";
import { createEdgeClient, type EdgeClient } from "#stores/edge.ts";
import { localEdgeBucket } from "#stores/edge-bucket.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { sqliteRegistry } from "#stores/registry.ts";
import { noteRelease } from "#stores/release-history.ts";
import { s3Artefacts } from "#stores/s3-artefacts.ts";
import { readRollout } from "#workers/rollout.ts";
import { tinyModel } from "../../edge/test-support/tiny-model.ts";
import { postJson, type System, startSystem } from "./system.ts";

/** A whole system with a released model, made without training, and models to release after it. */
export interface RolloutSystem {
  system: System;
  edge: EdgeClient;
  /** Digests: what is served first, and models as good. */
  first: string;
  good: string[];
  /** Answers every question otherwise. */
  different: string;
  /** Damages a model where the edge reads it: an isolate that holds it goes on, a new one cannot load it. */
  damage: (sha256: string) => Promise<void>;
  /** Puts a model where the edge reads it. */
  upload: (sha256: string) => Promise<void>;
  rollout: () => Promise<Rollout | undefined>;
  /** Waits until the rollout of this model has this share; 0: in shadow. */
  at: (sha256: string, share: number) => Promise<void>;
  /** Waits until the rollout of this model is over, however, or stands so. */
  until: (sha256: string, state?: RolloutState) => Promise<Rollout>;
}

/** What users ask: class 1 of the tiny models knows the first, and so on. */
export const ASKED = ["αλφα βητα γαμμα", "δελτα εψιλον ζητα", "ητα θητα ιωτα", "καππα λαμδα μυ"];
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
  return {
    system,
    edge,
    first,
    good,
    different,
    upload: async (sha256) => void (await upload({ artefacts, released }, { sha256 })),
    async damage(sha256) {
      const { endpoint, bucket, region, ...credentials } = localEdgeBucket({ url, adminSecret });
      const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
      await s3.send(
        new PutObjectCommand({ Bucket: bucket, Key: artefactName(sha256), Body: "not what its name says" }),
      );
      s3.destroy();
    },
    rollout,
    async at(sha256, share) {
      await expect
        .poll(
          async () => {
            const found = await rollout().catch(() => undefined);
            return found?.candidate.sha256 === sha256 ? found.stage?.share : undefined;
          },
          { timeout: 180_000, interval: 100 },
        )
        .toBe(share);
    },
    async until(sha256, state) {
      let found: Rollout | undefined;
      await expect
        .poll(
          async () => {
            // A worker that was killed answers no query.
            found = await rollout().catch(() => undefined);
            return found?.candidate.sha256 === sha256 && (state ? found.state === state : isOver(found));
          },
          { timeout: 240_000, interval: 100 },
        )
        .toBe(true);
      return found as unknown as Rollout;
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
