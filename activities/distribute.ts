import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { Config } from "#contracts/config.ts";
import { NotReachableError, ReleaseError } from "#contracts/errors.ts";
import type { Pointer } from "#contracts/pointer.ts";
import type { ArtefactReference } from "#contracts/reference.ts";
import type { Candidate, OfferState } from "#contracts/rollout.ts";
import { Verdict } from "#contracts/verdict.ts";
import type { Dependencies } from "./dependencies.ts";
import { rollbackOf } from "./rolled-back.ts";
import { jsonBytes, jsonOf, type StageContext, type StageWork } from "./stage.ts";
import { upload } from "./upload.ts";

const Asked = z.object({ release: z.boolean() });
const Settings = z.object({ distribute: Config.shape.distribute });
const Decision = z.object({ verdict: Verdict });

type Needs = Pick<Dependencies, "artefacts" | "released" | "edge" | "registry"> & {
  /** Starts a rollout of the candidate, or has it wait behind the one that runs. */
  offer: (candidate: Candidate) => Promise<OfferState>;
};

/**
 * `07:distribute`: uploads model and readings by digest and verifies them by reading back. The very first model is released at once: the
 * pointer is moved by compare-and-set, and the edge must say that it serves it. Any later one goes to users by a rollout.
 */
export const distribute =
  (needs: Needs) =>
  async ({ call, input, signal, report }: StageContext): Promise<StageWork> => {
    const { release } = Asked.parse(call.asked);
    const { confirmSeconds } = Settings.parse(call.settings).distribute;
    const { verdict } = Decision.parse(jsonOf(await input("decision")));
    const { model, readings } = call.inputs as { model: ArtefactReference; readings?: ArtefactReference };
    if (verdict.action !== "promote" || !release) return notReleased(release ? verdict.reason : "no-release");

    report({ step: "upload" });
    await upload(needs, model);
    if (readings) await upload(needs, readings);
    const now = await needs.edge.pointer();
    const version = nextVersion(now?.current.version);
    if (now !== undefined && now.current.sha256 !== model.sha256) {
      const refused = await rollbackOf(needs.registry, model.sha256);
      if (refused) return notReleased("rolled-back");
      report({ step: "rollout" });
      const rollout = await needs.offer({
        sha256: model.sha256,
        version,
        ...(readings ? { readings: readings.sha256 } : {}),
      });
      return {
        kind: "release",
        bytes: jsonBytes({ schema: 1, released: false, rollout, model: model.sha256, version }),
        metrics: { released: false, rollout, model: model.sha256, version },
        summary:
          rollout === "waiting" ? `rollout of ${version} waits behind another` : `rollout of ${version} ${rollout}`,
      };
    }
    report({ step: "pointer" });
    const after = now ?? (await firstPointer(needs, model.sha256, version, readings?.sha256));
    report({ step: "confirm", epoch: after.epoch });
    if (!(await isConfirmed(needs, after, confirmSeconds, signal))) {
      throw new ReleaseError(
        `the edge did not come to serve model ${model.sha256.slice(0, 12)} within ${confirmSeconds} s`,
        "Look at the edge's log (haqei logs edge), then run it again: haqei run daily --again.",
      );
    }
    return {
      kind: "release",
      bytes: jsonBytes({ schema: 1, released: true, pointer: after }),
      metrics: { released: true, model: model.sha256, epoch: after.epoch, version: after.current.version },
      summary: `released ${after.current.version} at epoch ${after.epoch}`,
    };
  };

const notReleased = (reason: string): StageWork => ({
  kind: "release",
  bytes: jsonBytes({ schema: 1, released: false, reason }),
  metrics: { released: false, reason },
  summary: `not released: ${reason}`,
});

async function firstPointer(
  { edge }: Needs,
  sha256: string,
  version: string,
  readings: string | undefined,
): Promise<Pointer> {
  const first: Pointer = {
    schema: 1,
    epoch: 1,
    current: { sha256, version },
    experiments: [],
    salt: "haqei",
    cacheGeneration: 0,
    ...(readings ? { readings } : {}),
  };
  await edge.putPointer(first, 0);
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

/** The next patch version: only weights changed. */
export function nextVersion(version: string | undefined): string {
  const found = /^v(\d+)\.(\d+)\.(\d+)/.exec(version ?? "");
  return found ? `v${found[1]}.${found[2]}.${Number(found[3]) + 1}` : "v1.0.0";
}
