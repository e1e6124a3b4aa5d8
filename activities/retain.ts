import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { getClient } from "@temporalio/activity";
import { WorkflowNotFoundError } from "@temporalio/client";
import type { RetentionReport } from "#contracts/retention.ts";
import { ROLLOUT_ID, Rollout } from "#contracts/rollout.ts";
import { erasedBy } from "#policy/erasures.ts";
import { packSegments, segmentsToPack } from "#stores/event-log.ts";
import { pendingRewrites, settleRewrites } from "#stores/rewrites.ts";
import type { Dependencies } from "./dependencies.ts";
import { named } from "./failure.ts";
import { beating } from "./heartbeat.ts";
import { planArtefacts } from "./retain-artefacts.ts";
import { planModels, removeModels } from "./retain-models.ts";

const DAY = 86_400_000;

type Needs = Pick<Dependencies, "artefacts" | "released" | "edge" | "registry" | "now" | "config" | "logs">;

/**
 * Keeps a home small (specification 5.1): models beyond the latest, artefacts that nothing kept was made from, old log files, partitions
 * that others took the place of are removed; old events are packed as compressed Arrow, without what users deleted. Planned whole before anything is touched; a plan
 * touches nothing. May run twice.
 */
export const retain =
  (needs: Needs) =>
  ({ plan }: { plan: boolean }): Promise<RetentionReport> =>
    named(() =>
      beating(async () => retainAll(needs, { plan, waiting: await heldByRollout(), heldBy: await runsUnderWay() })),
    );

/**
 * @param waiting digests that a rollout holds and no pointer names yet
 * @param heldBy runs under way
 */
export async function retainAll(
  needs: Needs,
  { plan, waiting, heldBy }: { plan: boolean; waiting: readonly string[]; heldBy: readonly string[] },
): Promise<RetentionReport> {
  const { artefacts, registry, now, config, logs } = needs;
  const { models: count, logDays, packDays, artefactDays } = config.retention;
  const models = await planModels(needs, waiting, count);
  const keptModels = models.keep.map(({ sha256 }) => sha256);
  const others = await planArtefacts(needs, keptModels, { before: now() - artefactDays * DAY, heldBy });
  const old = await oldLogs(logs, now() - logDays * DAY);
  const pending = await pendingRewrites(registry);
  const packing = { before: now() - packDays * DAY, holding: new Set(pending.segments) };
  const segments = await segmentsToPack(registry, packing);
  const report: RetentionReport = {
    done: !plan,
    models,
    artefacts: others.report,
    logs: old,
    events: {
      segments: segments.length,
      lines: segments.reduce((sum, { lines }) => sum + lines, 0),
      bytes: segments.reduce((sum, { reference }) => sum + reference.bytes, 0),
    },
    superseded: pending.superseded.length,
  };
  if (plan) return report;

  await removeModels(needs, models.remove);
  for (const sha256 of others.remove) await artefacts.remove({ sha256 });
  for (const { name } of old) await rm(join(logs, name), { force: true });
  const packed = await packSegments(registry, artefacts, packing, erasedBy(pending.erasures));
  // A day of one segment is that very artefact: its partition goes on to be read.
  const standing = new Set(pending.standing);
  const gone = [...packed.replaced, ...pending.superseded].filter((sha256) => !standing.has(sha256));
  for (const sha256 of gone) await artefacts.remove({ sha256 });
  await settleRewrites(registry, { segments: pending.segments, superseded: pending.superseded });
  return { ...report, events: { ...report.events, packedBytes: packed.bytes, erased: packed.refused } };
}

/** Log files that were not written to since an instant. */
async function oldLogs(folder: string, before: number): Promise<RetentionReport["logs"]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /\.log(\.\d+)?$/.test(name));
  const found = await Promise.all(names.map(async (name) => ({ name, ...(await stat(join(folder, name))) })));
  return found
    .filter(({ mtimeMs }) => mtimeMs < before)
    .map(({ name, size }) => ({ name, bytes: size }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Runs whose stages may be about to read what earlier ones made. */
async function runsUnderWay(): Promise<string[]> {
  const found: string[] = [];
  const query = 'RunKind IS NOT NULL AND ExecutionStatus = "Running"';
  for await (const { workflowId } of getClient().workflow.list({ query })) found.push(workflowId);
  return found;
}

/** Models of the rollout that runs, if one does. */
async function heldByRollout(): Promise<string[]> {
  try {
    const handle = getClient().workflow.getHandle(ROLLOUT_ID);
    if ((await handle.describe()).status.name !== "RUNNING") return [];
    const { candidate, waiting } = Rollout.parse(await handle.query("rollout"));
    return [candidate.sha256, ...(waiting ? [waiting.sha256] : [])];
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return [];
    throw error;
  }
}
