import type { ArtefactReference } from "#contracts/reference.ts";
import type { Dependencies } from "./dependencies.ts";

/** Brings an artefact with its manifest to where the edge reads, and verifies it by reading it back. */
export async function upload(
  { artefacts, released }: Pick<Dependencies, "artefacts" | "released">,
  reference: Pick<ArtefactReference, "sha256">,
): Promise<void> {
  const [bytes, { schema: _schema, sha256: _sha256, bytes: _bytes, kind, ...provenance }] = await Promise.all([
    artefacts.get(reference),
    artefacts.manifest(reference),
  ]);
  await released.put(kind, bytes, provenance);
  await released.get(reference);
}
