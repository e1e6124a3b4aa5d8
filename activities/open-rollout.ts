import type { Candidate, OpenedRollout } from "#contracts/rollout.ts";
import { digestOf } from "#stores/digest.ts";
import { admit } from "./admit.ts";
import type { Dependencies } from "./dependencies.ts";
import { named } from "./failure.ts";
import { migrateUp } from "./migrations.ts";
import { rollbackOf } from "./rolled-back.ts";
import { upload } from "./upload.ts";

/**
 * Opens a rollout: freezes its policy, brings the candidate to where the edge reads it, and says why it may not begin: it was rolled back, has
 * no blessing, or breaks what serves. What is kept is migrated before anybody gets it.
 */
export const openRollout =
  (dependencies: Pick<Dependencies, "config" | "edge" | "registry" | "artefacts" | "released">) =>
  (candidate: Candidate): Promise<OpenedRollout> =>
    named(async () => {
      const { config, edge, registry, released } = dependencies;
      const pointer = await edge.pointer();
      const opened: OpenedRollout = {
        policy: config.release,
        policyDigest: digestOf(config.release),
        timezone: config.timezone,
        confirmSeconds: config.distribute.confirmSeconds,
        ...(pointer?.readings ? { readings: pointer.readings } : {}),
      };
      if (pointer === undefined)
        return { ...opened, refused: "nothing is released yet: there is nothing to compare with" };
      if (pointer.current.sha256 === candidate.sha256) return { ...opened, refused: "it is the current model already" };
      const rollback = await rollbackOf(registry, candidate.sha256);
      if (rollback !== undefined && candidate.person === undefined)
        return { ...opened, refused: `it was rolled back (${rollback.cause}): only a person may release it again` };
      for (const sha256 of [candidate.sha256, candidate.readings, candidate.dictionary])
        if (sha256 !== undefined && !(await released.has({ sha256 }))) await upload(dependencies, { sha256 });
      if ((await released.blessing(candidate)) === undefined)
        return { ...opened, refused: "it has no blessing: only a model that passed the gates is released" };
      const { acceptBreaking } = config.distribute;
      const { record, verdict } = await admit(dependencies, candidate.sha256, pointer.current, acceptBreaking);
      if (!verdict.compatible) return { ...opened, refused: [verdict.reason, ...verdict.actions].join("; ") };
      const migrated = await migrateUp(dependencies);
      await edge.forgetExposure(pointer.epoch);
      return { ...opened, cacheInvalidation: record.compatibility.cache_invalidation, migrated };
    });
