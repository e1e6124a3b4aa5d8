import type { StageCall, StageResult } from "#contracts/run.ts";
import { digestOf } from "#stores/digest.ts";
import { currentRun } from "./current-run.ts";
import type { Dependencies } from "./dependencies.ts";
import { named } from "./failure.ts";
import { keptName } from "./stage.ts";
import { Wish, wishName } from "./wish.ts";

export interface LookedUp {
  /** The name under which the stage's result is or will be kept. */
  key: string;
  kept?: StageResult;
  /** A person asked for this run to do the stage again. */
  wished?: boolean;
}

/**
 * Computes a stage's key and, where its result may be used, looks for one that is kept and still there: the artefact verified to
 * exist, a release verified to be what the edge serves, if only as the canary.
 */
export const lookup =
  (dependencies: Dependencies) =>
  (call: StageCall, { use }: { use: boolean }): Promise<LookedUp> =>
    named(async () => {
      const { registry, artefacts, codeDigests } = dependencies;
      const inputs = Object.fromEntries(Object.entries(call.inputs).map(([role, { sha256 }]) => [role, sha256]));
      const key = digestOf({
        stage: call.stage,
        code: codeDigests[call.activity],
        asked: call.asked,
        settings: call.settings,
        inputs,
      });
      if (await isWished(dependencies, call.stage)) return { key, wished: true };
      if (!use) return { key };
      const { value: kept } = await registry.read<StageResult>(keptName(key));
      if (!kept) return { key };
      for (const made of [kept.output, ...Object.values(kept.beside ?? {})])
        if (!(await artefacts.has(made))) return { key };
      if (kept.output.kind === "release" && kept.metrics.model !== undefined && !(await isServed(dependencies, kept)))
        return { key };
      return { key, kept };
    });

/** True where a person asked for this very run to do the stage again (`haqei rerun`). */
async function isWished({ registry }: Dependencies, stage: string): Promise<boolean> {
  const { workflowId, runId } = currentRun();
  const { value } = await registry.read<unknown>(wishName(workflowId));
  if (value === undefined) return false;
  const wish = Wish.parse(value);
  return wish.stages.includes(stage) && wish.insteadOf !== runId && (wish.runId === undefined || wish.runId === runId);
}

async function isServed({ edge }: Dependencies, kept: StageResult): Promise<boolean> {
  const pointer = await edge.pointer();
  if (pointer?.signature === undefined) return false;
  return [pointer.current.sha256, pointer.canary?.sha256, pointer.shadow?.sha256].includes(String(kept.metrics.model));
}
