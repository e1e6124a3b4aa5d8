import { z } from "zod";
import { ConflictError } from "#contracts/errors.ts";
import { type ArtefactReference, Sha256 } from "#contracts/reference.ts";
import type { RunInput } from "#contracts/run.ts";
import { currentRun } from "./current-run.ts";
import type { Dependencies } from "./dependencies.ts";

/** The uncompressed model that runs of a workflow id go on from, null where there was none when the first of them was opened. */
const Record = z.object({ sha256: Sha256.nullable() });
const recordName = (workflowId: string): string => `parent/${workflowId}`;

type Needs = Pick<Dependencies, "artefacts" | "registry">;

/**
 * The uncompressed model that a light adjustment goes on from: that of the model which served when this date was run first. A date
 * that is run again goes on from there too, not from what it made itself. Only one that learnt the same authored data with the
 * same seed: whoever changed either wants to see what comes of it.
 *
 * @param current the model that serves now
 */
export async function parentOf(
  needs: Needs,
  run: Pick<RunInput, "seed">,
  current: ArtefactReference | undefined,
  authored: ArtefactReference,
): Promise<ArtefactReference | undefined> {
  const { artefacts } = needs;
  const sha256 = await recorded(needs, current);
  if (sha256 === undefined || !(await artefacts.has({ sha256 }))) return undefined;
  const manifest = await artefacts.manifest({ sha256 });
  const { seed, parents } = manifest;
  const dataset = parents.find(({ name }) => name === "dataset");
  if (seed !== run.seed || dataset === undefined) return undefined;
  const { parents: sources } = await artefacts.manifest(dataset);
  if (sources.find(({ name }) => name === "authored")?.sha256 !== authored.sha256) return undefined;
  return artefacts.put(manifest.kind, await artefacts.get({ sha256 }), manifest);
}

/** Notes at a workflow id's first opening what it goes on from, and answers what was noted. */
async function recorded(
  { registry, artefacts }: Needs,
  current: ArtefactReference | undefined,
): Promise<string | undefined> {
  const name = recordName(currentRun().workflowId);
  const { value, epoch } = await registry.read<unknown>(name);
  if (value !== undefined) return Record.parse(value).sha256 ?? undefined;
  const manifest = current && (await artefacts.manifest(current));
  const sha256 = manifest?.parents.find((one) => one.name === "model")?.sha256 ?? null;
  try {
    await registry.compareAndSet(name, epoch, { sha256 });
  } catch (error) {
    // Another attempt of the same opening was first, with the same in its hands.
    if (!(error instanceof ConflictError)) throw error;
  }
  return sha256 ?? undefined;
}
