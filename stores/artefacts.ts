import type { Blessing } from "#contracts/blessing.ts";
import { DigestMismatchError } from "#contracts/errors.ts";
import type { Manifest } from "#contracts/manifest.ts";
import type { ArtefactKind, ArtefactReference } from "#contracts/reference.ts";
import { sha256 } from "./digest.ts";

/** How an artefact was made; its digest and size are computed when it is put. */
export type Provenance = Omit<Manifest, "schema" | "sha256" | "bytes" | "kind">;

/** Immutable bytes by digest, each with a manifest. Putting the same bytes twice is one artefact; its first manifest stays. */
export interface ArtefactStore {
  put(kind: ArtefactKind, bytes: Uint8Array, provenance: Provenance): Promise<ArtefactReference>;
  /** The bytes, digest verified. Throws NotFoundError or DigestMismatchError. */
  get(reference: { sha256: string }): Promise<Uint8Array>;
  has(reference: { sha256: string }): Promise<boolean>;
  /** Throws NotFoundError. */
  manifest(reference: { sha256: string }): Promise<Manifest>;
  /** Puts a blessing beside the model it is for, where the edge looks; a later one takes its place. */
  bless(blessing: Blessing): Promise<void>;
  /** What lies where a model's blessing should, unchecked; undefined for nothing. */
  blessing(reference: { sha256: string }): Promise<unknown>;
  /** Everything that was ever put, in no order. */
  list(): Promise<StoredArtefact[]>;
  /** Takes away bytes and blessing. The manifest stays: what was made from it must still be told. What is not here is no fault. */
  remove(reference: { sha256: string }): Promise<void>;
}

export interface StoredArtefact {
  manifest: Manifest;
  /** When its bytes were put (ms since 1970); undefined where they were taken away. */
  storedAt: number | undefined;
}

/** Where an artefact lies, in a bucket or below a folder. The edge reads by the same name. */
export const artefactName = (digest: string): string => `${ARTEFACTS}${digest}`;
export const manifestName = (digest: string): string => `${MANIFESTS}${digest}.json`;
export const ARTEFACTS = "artefacts/";
export const MANIFESTS = "manifests/";

export function manifestOf(kind: ArtefactKind, bytes: Uint8Array, provenance: Provenance): Manifest {
  return { schema: 1, kind, sha256: sha256(bytes), bytes: bytes.byteLength, ...provenance };
}

/** Throws DigestMismatchError where the bytes are not those named. */
export function verified(bytes: Uint8Array, digest: string, where: string): Uint8Array {
  const found = sha256(bytes);
  if (found === digest) return bytes;
  throw new DigestMismatchError(
    `artefact ${digest.slice(0, 12)} at ${where} has digest ${found.slice(0, 12)}`,
    "The stored file was changed or cut short: delete it and run the stage that made it again.",
  );
}
