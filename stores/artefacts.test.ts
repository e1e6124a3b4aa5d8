import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { DigestMismatchError, NotFoundError, NotReachableError } from "#contracts/errors.ts";
import { type ArtefactStore, artefactName, type Provenance } from "./artefacts.ts";
import { sha256 } from "./digest.ts";
import { folderArtefacts, writeWhole } from "./folder-artefacts.ts";
import { s3Artefacts } from "./s3-artefacts.ts";

const BYTES = new TextEncoder().encode("水雷屯");
const provenance = (producedBy: string): Provenance => ({
  producedBy,
  parents: [],
  codeDigest: "code",
  configDigest: "config",
  metrics: { examples: 3 },
});

/** A store, a way to change what it holds behind its back, and a way to count its objects. */
interface Bench {
  store: ArtefactStore;
  tamper(name: string, bytes: Uint8Array): Promise<void>;
  names(): Promise<string[]>;
}

const leftovers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clear of leftovers.splice(0)) await clear();
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "haqei-artefacts-"));
  leftovers.push(() => rm(folder, { recursive: true }));
  return folder;
}

async function folderBench(): Promise<Bench> {
  const folder = await temporaryFolder();
  return {
    store: folderArtefacts(folder),
    tamper: (name, bytes) => writeFile(join(folder, name), bytes),
    names: async () =>
      (await readdir(folder, { recursive: true, withFileTypes: true }))
        .filter((one) => one.isFile())
        .map(({ name }) => name),
  };
}

/** The part of the S3 API that the store speaks: conditional PUT, GET, HEAD and DELETE of an object, and listing. */
async function s3Bench(): Promise<Bench> {
  const objects = new Map<string, Uint8Array>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const name = decodeURIComponent(new URL(request.url ?? "", "http://s3").pathname.replace("/bucket/", ""));
    const held = objects.get(name);
    const fail = (status: number, code: string) =>
      response
        .writeHead(status, { "content-type": "application/xml" })
        .end(request.method === "HEAD" ? "" : `<Error><Code>${code}</Code></Error>`);
    if (request.method === "PUT") {
      if (held && request.headers["if-none-match"] === "*") return fail(412, "PreconditionFailed");
      objects.set(name, Buffer.concat(chunks));
      return response.writeHead(200, { etag: '"1"' }).end();
    }
    if (request.method === "DELETE") {
      objects.delete(name);
      return response.writeHead(204).end();
    }
    const { searchParams } = new URL(request.url ?? "", "http://s3");
    if (searchParams.has("list-type")) {
      const contents = [...objects.keys()]
        .filter((key) => key.startsWith(searchParams.get("prefix") ?? ""))
        .map((key) => `<Contents><Key>${key}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents>`);
      return response
        .writeHead(200, { "content-type": "application/xml" })
        .end(`<?xml version="1.0"?><ListBucketResult>${contents.join("")}</ListBucketResult>`);
    }
    if (!held) return fail(404, "NoSuchKey");
    return response
      .writeHead(200, { "content-length": held.byteLength })
      .end(request.method === "HEAD" ? undefined : held);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  leftovers.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return {
    store: s3Artefacts({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      bucket: "bucket",
      region: "auto",
      accessKeyId: "id",
      secretAccessKey: "key",
    }),
    tamper: async (name, bytes) => void objects.set(name, bytes),
    names: async () => [...objects.keys()],
  };
}

const BLESSING = {
  schema: 1,
  evaluationSet: "e".repeat(64),
  code: "c".repeat(64),
  policy: "b".repeat(64),
  metrics: {},
  at: "2026-01-02T03:04:05Z",
  signature: "first",
} as const;

describe.each([
  ["a folder", folderBench],
  ["a bucket", s3Bench],
])("artefacts in %s", (_name, open) => {
  test("come back as they were put, named by their digest", async () => {
    const { store } = await open();
    const reference = await store.put("dataset", BYTES, provenance("02:preprocess"));
    expect(reference).toMatchObject({ sha256: sha256(BYTES), bytes: 9, kind: "dataset" });
    expect(Buffer.from(await store.get(reference))).toEqual(Buffer.from(BYTES));
    expect(await store.has(reference)).toBe(true);
    expect(await store.manifest(reference)).toEqual({
      schema: 1,
      kind: "dataset",
      sha256: sha256(BYTES),
      bytes: 9,
      ...provenance("02:preprocess"),
    });
  });

  test("put twice are one, and the first manifest stays", async () => {
    const { store, names } = await open();
    const first = await store.put("dataset", BYTES, provenance("first"));
    expect(await store.put("dataset", BYTES, provenance("second"))).toEqual(first);
    expect(await names()).toHaveLength(2);
    expect((await store.manifest(first)).producedBy).toBe("first");
  });

  test("put by many at once are one", async () => {
    const { store, names } = await open();
    const references = await Promise.all(
      Array.from({ length: 10 }, () => store.put("model", BYTES, provenance("same"))),
    );
    expect(new Set(references.map(({ sha256 }) => sha256)).size).toBe(1);
    expect(await names()).toHaveLength(2);
  });

  test.each([
    ["cut short", BYTES.subarray(0, 8)],
    ["one byte changed", BYTES.with(0, 0)],
    ["emptied", new Uint8Array()],
  ])("%s are detected when they are read", async (_fault, bytes) => {
    const { store, tamper } = await open();
    const reference = await store.put("model", BYTES, provenance("03:train"));
    await tamper(artefactName(reference.sha256), bytes);
    await expect(store.get(reference)).rejects.toThrow(DigestMismatchError);
  });

  test("that are not there are a NotFoundError, bytes and manifest", async () => {
    const { store } = await open();
    const missing = { sha256: "0".repeat(64) };
    expect(await store.has(missing)).toBe(false);
    await expect(store.get(missing)).rejects.toThrow(NotFoundError);
    await expect(store.manifest(missing)).rejects.toThrow(NotFoundError);
  });

  test("are listed, and leave their manifest when their bytes are taken away", async () => {
    const { store } = await open();
    expect(await store.list()).toEqual([]);
    const [gone, kept] = await Promise.all([
      store.put("model", BYTES, provenance("05:compress")),
      store.put("dataset", new Uint8Array(3), provenance("02:preprocess")),
    ]);
    await store.bless({ ...BLESSING, artefact: gone.sha256 });
    await store.remove(gone);
    await store.remove(gone);
    const byDigest = new Map((await store.list()).map((one) => [one.manifest.sha256, one]));
    expect(byDigest.get(gone.sha256)).toMatchObject({ manifest: { kind: "model" }, storedAt: undefined });
    expect(byDigest.get(kept.sha256)?.storedAt).toBeGreaterThan(0);
    expect(await store.has(gone)).toBe(false);
    expect(await store.blessing(gone)).toBeUndefined();
    expect((await store.put("model", BYTES, provenance("later"))).sha256).toBe(gone.sha256);
    expect((await store.manifest(gone)).producedBy).toBe("05:compress");
  });

  test("carry a blessing, of which the last one counts", async () => {
    const { store } = await open();
    const model = await store.put("model", BYTES, provenance("05:compress"));
    expect(await store.blessing(model)).toBeUndefined();
    await store.bless({ ...BLESSING, artefact: model.sha256 });
    const later = { ...BLESSING, artefact: model.sha256, signature: "later" };
    await store.bless(later);
    expect(await store.blessing(model)).toEqual(later);
  });

  test("may be empty", async () => {
    const { store } = await open();
    const reference = await store.put("events", new Uint8Array(), provenance("01:collect"));
    expect(reference.bytes).toBe(0);
    expect((await store.get(reference)).byteLength).toBe(0);
  });
});

test("a bucket that does not answer is a NotReachableError", async () => {
  // Port 9 discards: nothing listens there.
  const store = s3Artefacts({
    endpoint: "http://127.0.0.1:9",
    bucket: "bucket",
    region: "auto",
    accessKeyId: "id",
    secretAccessKey: "key",
  });
  await expect(store.get({ sha256: "0".repeat(64) })).rejects.toThrow(NotReachableError);
  await expect(store.has({ sha256: "0".repeat(64) })).rejects.toThrow(NotReachableError);
  await expect(store.put("model", BYTES, provenance("x"))).rejects.toThrow(NotReachableError);
});

describe("a folder's files", () => {
  test("that cannot be read are not taken for missing", async () => {
    const folder = await temporaryFolder();
    const digest = "a".repeat(64);
    await writeWhole(join(folder, artefactName(digest), "a file where a folder should not be"), "x");
    const read = folderArtefacts(folder).get({ sha256: digest });
    await expect(read).rejects.toThrow(/EISDIR/);
    await expect(read).rejects.not.toThrow(NotFoundError);
  });
  test("are written whole, and nothing else is left", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "deep", "file");
    await Promise.all(["one", "two", "three"].map((text) => writeWhole(path, text.repeat(10_000))));
    expect(await readdir(join(folder, "deep"))).toEqual(["file"]);
    await writeWhole(path, "last");
    expect(await readdir(join(folder, "deep"))).toEqual(["file"]);
  });
});
