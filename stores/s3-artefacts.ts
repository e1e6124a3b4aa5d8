import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { blessingName } from "#contracts/blessing.ts";
import { NotFoundError, NotReachableError } from "#contracts/errors.ts";
import { Manifest } from "#contracts/manifest.ts";
import {
  ARTEFACTS,
  type ArtefactStore,
  artefactName,
  MANIFESTS,
  manifestName,
  manifestOf,
  type StoredArtefact,
  verified,
} from "./artefacts.ts";

export interface S3Location {
  endpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

const isMissing = (error: unknown): boolean =>
  error instanceof S3ServiceException &&
  (error.name === "NotFound" || error.name === "NoSuchKey" || error.$metadata.httpStatusCode === 404);
const isPresent = (error: unknown): boolean =>
  error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412;

/** An artefact store in a bucket that speaks the S3 API (R2, versitygw, S3). */
export function s3Artefacts(location: S3Location): ArtefactStore {
  const client = new S3Client({
    endpoint: location.endpoint,
    region: location.region,
    forcePathStyle: true,
    credentials: { accessKeyId: location.accessKeyId, secretAccessKey: location.secretAccessKey },
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  const Bucket = location.bucket;
  const where = `${location.endpoint}/${location.bucket}`;
  const unreachable = (cause: unknown): NotReachableError =>
    new NotReachableError(
      `the artefact store at ${where} did not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Check that the store runs and that its keys are right: haqei doctor.",
      { cause },
    );
  const putOnce = async (name: string, body: Uint8Array | string): Promise<void> => {
    try {
      await client.send(new PutObjectCommand({ Bucket: location.bucket, Key: name, Body: body, IfNoneMatch: "*" }));
    } catch (error) {
      if (!isPresent(error)) throw unreachable(error);
    }
  };
  const read = async (name: string, digest: string): Promise<Uint8Array> => {
    try {
      const answer = await client.send(new GetObjectCommand({ Bucket: location.bucket, Key: name }));
      return (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
    } catch (error) {
      if (!isMissing(error)) throw unreachable(error);
      throw new NotFoundError(
        `artefact ${digest.slice(0, 12)} is not in ${where}`,
        "Run the stage that makes it again: haqei run daily --again.",
        {
          cause: error,
        },
      );
    }
  };
  const reached = <T>(answer: Promise<T>): Promise<T> =>
    answer.catch((error: unknown) => {
      throw unreachable(error);
    });
  /** Names below a prefix, each with when it was written (ms since 1970). */
  const objectsBelow = async (Prefix: string): Promise<Map<string, number>> => {
    const found = new Map<string, number>();
    let ContinuationToken: string | undefined;
    do {
      const page: ListObjectsV2CommandOutput = await reached(
        client.send(new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken })),
      );
      for (const { Key, LastModified } of page.Contents ?? [])
        if (Key !== undefined) found.set(Key, LastModified?.getTime() ?? 0);
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    return found;
  };
  return {
    async put(kind, bytes, provenance) {
      const manifest = manifestOf(kind, bytes, provenance);
      await putOnce(artefactName(manifest.sha256), bytes);
      await putOnce(manifestName(manifest.sha256), `${JSON.stringify(manifest, null, 2)}\n`);
      return {
        uri: `s3://${location.bucket}/${artefactName(manifest.sha256)}`,
        sha256: manifest.sha256,
        bytes: manifest.bytes,
        kind,
      };
    },
    async get({ sha256 }) {
      return verified(await read(artefactName(sha256), sha256), sha256, where);
    },
    async has({ sha256 }) {
      try {
        await client.send(new HeadObjectCommand({ Bucket: location.bucket, Key: artefactName(sha256) }));
        return true;
      } catch (error) {
        if (isMissing(error)) return false;
        throw unreachable(error);
      }
    },
    async manifest({ sha256 }) {
      return Manifest.parse(JSON.parse(new TextDecoder().decode(await read(manifestName(sha256), sha256))));
    },
    async bless(blessing) {
      const Key = blessingName(blessing.artefact);
      await reached(client.send(new PutObjectCommand({ Bucket, Key, Body: JSON.stringify(blessing) })));
    },
    async blessing({ sha256 }) {
      try {
        return JSON.parse(new TextDecoder().decode(await read(blessingName(sha256), sha256)));
      } catch (error) {
        if (error instanceof NotFoundError) return undefined;
        throw error;
      }
    },
    async list() {
      const [held, manifests] = await Promise.all([objectsBelow(ARTEFACTS), objectsBelow(MANIFESTS)]);
      const found: StoredArtefact[] = [];
      for (const name of manifests.keys()) {
        const manifest = Manifest.parse(JSON.parse(new TextDecoder().decode(await read(name, name))));
        found.push({ manifest, storedAt: held.get(artefactName(manifest.sha256)) });
      }
      return found;
    },
    async remove({ sha256 }) {
      for (const Key of [artefactName(sha256), blessingName(sha256)])
        await reached(client.send(new DeleteObjectCommand({ Bucket, Key })));
    },
  };
}
