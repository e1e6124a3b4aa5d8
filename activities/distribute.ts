import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { Config } from "#contracts/config.ts";
import { NotReachableError, ReleaseError } from "#contracts/errors.ts";
import type { Pointer } from "#contracts/pointer.ts";
import { type ArtefactReference, Sha256 } from "#contracts/reference.ts";
import type { ReleaseRecord } from "#contracts/release.ts";
import type { Candidate, OfferState } from "#contracts/rollout.ts";
import { RunKind } from "#contracts/run.ts";
import { Verdict } from "#contracts/verdict.ts";
import { noteRelease } from "#stores/release-history.ts";
import { noteReleasedDictionary } from "#stores/released-dictionary.ts";
import { addReleases } from "#stores/releases.ts";
import { admit } from "./admit.ts";
import { demandBlessing } from "./blessed.ts";
import type { Dependencies } from "./dependencies.ts";
import { migrateDown, migrateUp } from "./migrations.ts";
import { rollbackOf } from "./rolled-back.ts";
import { jsonBytes, jsonOf, type StageContext, type StageWork } from "./stage.ts";
import { upload } from "./upload.ts";
import { WarmSettings, warm } from "./warm.ts";

const Asked = z.object({ release: z.boolean(), kind: RunKind.optional() });
const Settings = z.object({ distribute: Config.shape.distribute, ...WarmSettings.shape });
const Decision = z.object({ verdict: Verdict, blessing: Sha256.optional() });

type Needs = Pick<Dependencies, "artefacts" | "scratch" | "released" | "edge" | "signer" | "registry"> & {
  /** Starts a rollout of the candidate, or has it wait behind the one that runs. */
  offer: (candidate: Candidate) => Promise<OfferState>;
};

/**
 * `07:distribute`: refuses a model that is not blessed or that breaks what serves, uploads model, blessing, readings and keyword dictionary by
 * digest and verifies them by reading back. The very first model is released at once: the pointer is moved by compare-and-set, the edge
 * must say that it serves it, and likely queries are answered beforehand. Any later one goes to users by a rollout. Without a new model
 * only the answers that are held beforehand are refreshed.
 */
export const distribute =
  (needs: Needs) =>
  async ({ call, input, signal, report }: StageContext): Promise<StageWork> => {
    const { release, kind } = Asked.parse(call.asked);
    const settings = Settings.parse(call.settings);
    const { confirmSeconds, acceptBreaking } = settings.distribute;
    const { model, readings, dictionary, window, authored } = call.inputs;
    if (!model) return refreshed();
    const { verdict, blessing: proof } = Decision.parse(jsonOf(await input("decision")));
    if (verdict.action !== "promote" || !release) return notReleased(release ? verdict.reason : "no-release");

    const blessing = await demandBlessing(needs, model.sha256, proof, verdict.policyDigest);
    report({ step: "upload" });
    await upload(needs, model);
    await needs.released.bless(blessing);
    if (readings) await upload(needs, readings);
    if (dictionary) await upload(needs, dictionary);

    const standing = await needs.edge.pointer();
    // One that nobody signed is followed by no edge: nothing is served yet.
    const now = standing?.signature === undefined ? undefined : standing;
    const stands = now?.current.sha256 === model.sha256;
    const { record, verdict: admitted } = await admit(
      needs,
      model.sha256,
      stands ? now.previous : now?.current,
      acceptBreaking,
    );
    if (!admitted.compatible) return notReleased(admitted.reason, admitted.actions);

    if (now !== undefined && !stands) {
      if (await rollbackOf(needs.registry, model.sha256)) return notReleased("rolled-back");
      report({ step: "rollout" });
      const { version } = record;
      // From here on the version is this model's, whatever is offered while it waits.
      await addReleases(needs.registry, [record]);
      const rollout = await needs.offer({
        sha256: model.sha256,
        version,
        ...(readings ? { readings: readings.sha256 } : {}),
        ...(dictionary ? { dictionary: dictionary.sha256 } : {}),
        ...(window && authored ? { warmFrom: { window: window.sha256, authored: authored.sha256 } } : {}),
        ...(kind === "emergency" ? { urgent: true } : {}),
      });
      return {
        kind: "release",
        bytes: jsonBytes({ schema: 1, released: false, rollout, model: model.sha256, version }),
        metrics: { released: false, rollout, model: model.sha256, version },
        summary:
          rollout === "waiting" ? `rollout of ${version} waits behind another` : `rollout of ${version} ${rollout}`,
      };
    }

    report({ step: "migrate" });
    const migrated = await migrateUp(needs);
    report({ step: "pointer" });
    const after = now ?? (await firstPointer(needs, standing, record, { readings, dictionary }));
    report({ step: "confirm", epoch: after.epoch });
    if (!(await isConfirmed(needs, after, confirmSeconds, signal))) {
      await migrateDown(needs, migrated);
      throw new ReleaseError(
        `the edge did not come to serve model ${model.sha256.slice(0, 12)} within ${confirmSeconds} s`,
        "Look at the edge's log (haqei logs edge), then run it again: haqei run daily --again.",
      );
    }
    await addReleases(needs.registry, [{ ...record, version: after.current.version }]);
    const { sha256, version } = after.current;
    await noteRelease(needs.registry, { at: Date.now(), sha256, version, outcome: "released" });
    if (dictionary) await noteReleasedDictionary(needs.registry, dictionary.sha256);
    const warmed = await warmedUp();
    return {
      kind: "release",
      bytes: jsonBytes({ schema: 1, released: true, pointer: after }),
      metrics: { released: true, model: model.sha256, epoch: after.epoch, version: after.current.version },
      timings: { warm_queries: warmed.queries, warmed: warmed.warmed },
      summary: `released ${after.current.version} at epoch ${after.epoch}`,
    };

    /** A refusal of the edge costs speed alone: users are answered all the same. */
    async function warmedUp(): Promise<{ queries: number; warmed: number }> {
      report({ step: "warm" });
      const from = { window: await input("window"), authored: await input("authored") };
      return warm(needs, from, settings).catch((error: unknown) => {
        if (error instanceof NotReachableError) return { queries: 0, warmed: 0 };
        throw error;
      });
    }

    /** A day that brought no new model: the answers that are held beforehand become those of what was asked lately. */
    async function refreshed(): Promise<StageWork> {
      const { queries, warmed } = release ? await warmedUp() : { queries: 0, warmed: 0 };
      return {
        ...notReleased("no-new-model"),
        timings: { warm_queries: queries, warmed },
        summary: `no new model; ${warmed} of ${queries} likely queries answered beforehand`,
      };
    }
  };

const notReleased = (reason: string, actions: readonly string[] = []): StageWork => ({
  kind: "release",
  bytes: jsonBytes({ schema: 1, released: false, reason, actions }),
  metrics: { released: false, reason },
  summary: [`not released: ${reason}`, ...actions].join("; "),
});

/** @param unsigned what stands there from before pointers were signed */
async function firstPointer(
  { edge }: Needs,
  unsigned: Pointer | undefined,
  { sha256, version }: ReleaseRecord,
  { readings, dictionary }: { readings: ArtefactReference | undefined; dictionary: ArtefactReference | undefined },
): Promise<Pointer> {
  const first: Pointer = {
    schema: 1,
    epoch: (unsigned?.epoch ?? 0) + 1,
    current: { sha256, version },
    experiments: [],
    salt: "haqei",
    cacheGeneration: 0,
    ...(readings ? { readings: readings.sha256 } : {}),
    ...(dictionary ? { dictionary: dictionary.sha256 } : {}),
  };
  await edge.putPointer(first, unsigned?.epoch ?? 0);
  return first;
}

async function isConfirmed(
  { edge }: Needs,
  { epoch, current }: Pointer,
  seconds: number,
  signal: AbortSignal,
): Promise<boolean> {
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    try {
      const health = await edge.health();
      if (health.epoch >= epoch && health.model === current.sha256) return true;
    } catch (error) {
      // It may be starting again: that is what the time is for.
      if (!(error instanceof NotReachableError)) throw error;
    }
    await pause(200, undefined, { signal });
  }
  return false;
}
