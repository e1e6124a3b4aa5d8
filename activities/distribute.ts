import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { Config } from "#contracts/config.ts";
import { NotReachableError, ReleaseError } from "#contracts/errors.ts";
import type { Pointer } from "#contracts/pointer.ts";
import type { ArtefactReference } from "#contracts/reference.ts";
import { Verdict } from "#contracts/verdict.ts";
import { noteReleasedDictionary } from "#stores/released-dictionary.ts";
import type { Dependencies } from "./dependencies.ts";
import { jsonBytes, jsonOf, type StageContext, type StageWork } from "./stage.ts";
import { WarmSettings, warm } from "./warm.ts";

const Asked = z.object({ release: z.boolean() });
const Settings = z.object({ distribute: Config.shape.distribute, ...WarmSettings.shape });
const Decision = z.object({ verdict: Verdict });

type Needs = Pick<Dependencies, "artefacts" | "released" | "edge" | "registry">;

/**
 * `07:distribute`: uploads model, readings and keyword dictionary by digest, verifies them by reading back, moves the pointer by
 * compare-and-set to a higher epoch, and waits until the edge says that it serves the model; where it does not, the pointer is moved
 * back. Then likely queries are answered beforehand; a release stands without that.
 */
export const distribute =
  (needs: Needs) =>
  async ({ call, input, signal, report }: StageContext): Promise<StageWork> => {
    const { release } = Asked.parse(call.asked);
    const settings = Settings.parse(call.settings);
    const { confirmSeconds } = settings.distribute;
    const { verdict } = Decision.parse(jsonOf(await input("decision")));
    const { model, readings, dictionary } = call.inputs as {
      model: ArtefactReference;
      readings?: ArtefactReference;
      dictionary?: ArtefactReference;
    };
    if (verdict.action !== "promote" || !release) {
      const reason = release ? verdict.reason : "no-release";
      return {
        kind: "release",
        bytes: jsonBytes({ schema: 1, released: false, reason }),
        metrics: { released: false, reason },
        summary: `not released: ${reason}`,
      };
    }

    report({ step: "upload" });
    await upload(needs, model);
    if (readings) await upload(needs, readings);
    if (dictionary) await upload(needs, dictionary);
    report({ step: "pointer" });
    const after = await movePointer(needs, model.sha256, { readings, dictionary });
    report({ step: "confirm", epoch: after.epoch });
    if (!(await isConfirmed(needs, after, confirmSeconds, signal))) {
      await undo(needs, after);
      throw new ReleaseError(
        `the edge did not come to serve model ${model.sha256.slice(0, 12)} within ${confirmSeconds} s${after.previous ? "; the pointer was moved back" : ""}`,
        "Look at the edge's log (haqei logs edge), then run it again: haqei run daily --again.",
      );
    }
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
  sha256: string,
  { readings, dictionary }: { readings: ArtefactReference | undefined; dictionary: ArtefactReference | undefined },
): Promise<Pointer> {
  const now = await edge.pointer();
  if (now?.current.sha256 === sha256) return now;
  const after: Pointer = {
    schema: 1,
    epoch: (now?.epoch ?? 0) + 1,
    current: { sha256, version: nextVersion(now?.current.version) },
    ...(now ? { previous: now.current } : {}),
    experiments: now?.experiments ?? [],
    salt: now?.salt ?? "haqei",
    cacheGeneration: now?.cacheGeneration ?? 0,
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

/** The next patch version: only weights changed. */
export function nextVersion(version: string | undefined): string {
  const found = /^v(\d+)\.(\d+)\.(\d+)/.exec(version ?? "");
  return found ? `v${found[1]}.${found[2]}.${Number(found[3]) + 1}` : "v1.0.0";
}
