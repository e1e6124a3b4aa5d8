import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { Config } from "#contracts/config.ts";
import { NotReachableError, ReleaseError } from "#contracts/errors.ts";
import type { Pointer } from "#contracts/pointer.ts";
import { type ArtefactReference, Sha256 } from "#contracts/reference.ts";
import type { ReleaseRecord } from "#contracts/release.ts";
import { Verdict } from "#contracts/verdict.ts";
import { noteReleasedDictionary } from "#stores/released-dictionary.ts";
import { addReleases } from "#stores/releases.ts";
import { admit } from "./admit.ts";
import { demandBlessing } from "./blessed.ts";
import type { Dependencies } from "./dependencies.ts";
import { migrateDown, migrateUp } from "./migrations.ts";
import { jsonBytes, jsonOf, type StageContext, type StageWork } from "./stage.ts";
import { WarmSettings, warm } from "./warm.ts";

const Asked = z.object({ release: z.boolean() });
const Settings = z.object({ distribute: Config.shape.distribute, ...WarmSettings.shape });
const Decision = z.object({ verdict: Verdict, blessing: Sha256.optional() });

type Needs = Pick<Dependencies, "artefacts" | "released" | "edge" | "signer" | "registry">;

/**
 * `07:distribute`: refuses a model that is not blessed, uploads model, blessing, readings and keyword dictionary by digest, verifies them by
 * reading back, moves the pointer by compare-and-set to a higher epoch, and waits until the edge says that it serves the model; where
 * it does not, the pointer is moved back. Then likely queries are answered beforehand; a release stands without that.
 */
export const distribute =
  (needs: Needs) =>
  async ({ call, input, signal, report }: StageContext): Promise<StageWork> => {
    const { release } = Asked.parse(call.asked);
    const settings = Settings.parse(call.settings);
    const { confirmSeconds, acceptBreaking } = settings.distribute;
    const { verdict, blessing: proof } = Decision.parse(jsonOf(await input("decision")));
    const { model, readings, dictionary } = call.inputs as {
      model: ArtefactReference;
      readings?: ArtefactReference;
      dictionary?: ArtefactReference;
    };
    if (verdict.action !== "promote" || !release) {
      return notReleased(release ? verdict.reason : "no-release");
    }

    const blessing = await demandBlessing(needs, model.sha256, proof, verdict.policyDigest);
    report({ step: "upload" });
    await upload(needs, model);
    await needs.released.bless(blessing);
    if (readings) await upload(needs, readings);
    if (dictionary) await upload(needs, dictionary);
    const now = await needs.edge.pointer();
    const stands = now?.current.sha256 === model.sha256;
    const { record, verdict: admitted } = await admit(
      needs,
      model.sha256,
      stands ? now.previous : now?.current,
      acceptBreaking,
    );
    if (!admitted.compatible) return notReleased(admitted.reason, admitted.actions);
    report({ step: "migrate" });
    const migrated = await migrateUp(needs);
    report({ step: "pointer" });
    const after = await movePointer(needs, now, record, { readings, dictionary });
    report({ step: "confirm", epoch: after.epoch });
    if (!(await isConfirmed(needs, after, confirmSeconds, signal))) {
      await undo(needs, after);
      await migrateDown(needs, migrated);
      throw new ReleaseError(
        `the edge did not come to serve model ${model.sha256.slice(0, 12)} within ${confirmSeconds} s${after.previous ? "; the pointer was moved back" : ""}`,
        "Look at the edge's log (haqei logs edge), then run it again: haqei run daily --again.",
      );
    }
    await addReleases(needs.registry, [{ ...record, version: after.current.version }]);
    if (dictionary) await noteReleasedDictionary(needs.registry, dictionary.sha256);
    report({ step: "warm" });
    const from = { window: await input("window"), authored: await input("authored") };
    const warmed = await warm(needs, from, settings).catch((error: unknown) => {
      if (error instanceof NotReachableError) return { queries: 0, warmed: 0 };
      throw error;
    });
    return {
      kind: "release",
      bytes: jsonBytes({ schema: 1, released: true, pointer: after }),
      metrics: { released: true, model: model.sha256, epoch: after.epoch, version: after.current.version },
      timings: { warm_queries: warmed.queries, warmed: warmed.warmed },
      summary: `released ${after.current.version} at epoch ${after.epoch}, ${warmed.warmed} answers warmed`,
    };
  };

const notReleased = (reason: string, actions: readonly string[] = []): StageWork => ({
  kind: "release",
  bytes: jsonBytes({ schema: 1, released: false, reason, actions }),
  metrics: { released: false, reason },
  summary: [`not released: ${reason}`, ...actions].join("; "),
});

async function upload({ artefacts, released }: Needs, reference: ArtefactReference): Promise<void> {
  const [bytes, { schema: _schema, sha256: _sha256, bytes: _bytes, kind: _kind, ...provenance }] = await Promise.all([
    artefacts.get(reference),
    artefacts.manifest(reference),
  ]);
  await released.put(reference.kind, bytes, provenance);
  await released.get(reference);
}

/** Points to the model; where a previous attempt already did, that stands. */
async function movePointer(
  { edge }: Needs,
  now: Pointer | undefined,
  { sha256, version, compatibility }: ReleaseRecord,
  { readings, dictionary }: { readings: ArtefactReference | undefined; dictionary: ArtefactReference | undefined },
): Promise<Pointer> {
  // One that nobody signed is followed by no edge: it is put again.
  if (now?.current.sha256 === sha256 && now.signature !== undefined) return now;
  const after: Pointer = {
    schema: 1,
    epoch: (now?.epoch ?? 0) + 1,
    current: { sha256, version },
    ...(now ? { previous: now.current } : {}),
    experiments: now?.experiments ?? [],
    salt: now?.salt ?? "haqei",
    // The same move that switches also throws the kept answers away.
    cacheGeneration: (now?.cacheGeneration ?? 0) + (now && compatibility.cache_invalidation ? 1 : 0),
    ...(readings ? { readings: readings.sha256 } : {}),
    ...(dictionary ? { dictionary: dictionary.sha256 } : {}),
  };
  await edge.putPointer(after, now?.epoch ?? 0);
  return after;
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

/** Points back to what served before, at yet a higher epoch; before the first release there is nothing to go back to. */
async function undo({ edge }: Needs, { current: _failed, previous, ...rest }: Pointer): Promise<void> {
  if (previous) await edge.putPointer({ ...rest, current: previous, epoch: rest.epoch + 1 }, rest.epoch);
}
