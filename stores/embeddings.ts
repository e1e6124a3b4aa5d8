import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { InputError, NotReachableError } from "#contracts/errors.ts";

export interface EmbedHooks {
  /** Ends the asking; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, all: number) => void;
}

/** Turns texts into vectors of one length, in the order of the texts. */
export interface Embedder {
  /** Name of what makes the vectors: the same name and text give the same vector. */
  readonly model: string;
  /** Throws NotReachableError where it does not answer as it should, InputError where it refuses. */
  embed(texts: readonly string[], hooks?: EmbedHooks): Promise<Float32Array[]>;
}

export interface EmbeddingEndpoint {
  /** The API's base (`…/v1`) or the endpoint itself (`…/v1/embeddings`). */
  readonly url: string;
  readonly model: string;
  /** Texts a request. */
  readonly batch: number;
  readonly apiKey?: string;
  /** Most time that one request may take; 120 s without it. */
  readonly timeoutMs?: number;
  /** Waits between attempts of one request; as many retries as there are waits. */
  readonly waitsMs?: readonly number[];
}

const Answer = z.object({
  data: z.array(z.object({ index: z.number().int().nonnegative(), embedding: z.array(z.number()).min(1) })),
});

const TIMEOUT_MS = 120_000;
const WAITS_MS = [500, 2_000];

/**
 * A client of OpenAI's embeddings API (`POST /v1/embeddings` with `model`, `input` and `encoding_format`), as many servers speak it.
 * What may pass (no answer, 429, 5xx) is tried again; a refusal is not.
 */
export function embeddingClient(endpoint: EmbeddingEndpoint): Embedder {
  const { model, batch, apiKey, timeoutMs = TIMEOUT_MS, waitsMs = WAITS_MS } = endpoint;
  const url = embeddingsUrl(endpoint.url);
  const unreachable = (what: string, cause?: unknown) =>
    new NotReachableError(
      `the teacher at ${url} ${what}`,
      "Start it (npm run teacher starts one that needs no network), correct teacher.url, or train without: leave teacher.url out, or set teacher.required to false.",
      { cause },
    );

  async function ask(input: readonly string[], signal: AbortSignal | undefined): Promise<Float32Array[]> {
    const limit = AbortSignal.timeout(timeoutMs);
    let status: number;
    let text: string;
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}) },
        body: JSON.stringify({ model, input, encoding_format: "float" }),
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      status = response.status;
      text = await response.text();
    } catch (cause) {
      signal?.throwIfAborted();
      throw unreachable("does not answer", cause);
    }
    if (status === 429 || status >= 500) throw unreachable(`answered ${status}: ${text.slice(0, 300)}`);
    if (status !== 200) {
      throw new InputError(
        `the teacher at ${url} refused the request with ${status}: ${text.slice(0, 300)}`,
        status === 401 || status === 403
          ? "Put its API key into the environment variable that teacher.apiKeyVariable names."
          : "Check teacher.url and teacher.model, and lower teacher.batch where it finds the request too large.",
      );
    }
    return readAnswer(text, input.length);
  }

  function readAnswer(text: string, wanted: number): Float32Array[] {
    let data: z.infer<typeof Answer>["data"];
    try {
      ({ data } = Answer.parse(JSON.parse(text)));
    } catch (cause) {
      throw unreachable("answered with something else than embeddings", cause);
    }
    const vectors = new Array<Float32Array>(wanted);
    for (const { index, embedding } of data) vectors[index] = Float32Array.from(embedding);
    const isWhole = data.length === wanted && Object.keys(vectors).length === wanted && vectors.length === wanted;
    if (!isWhole) throw unreachable(`answered with ${data.length} embeddings to ${wanted} texts`);
    const fault = vectors.find((vector) => vector.some((value) => !Number.isFinite(value)));
    if (fault) throw unreachable("answered with an embedding that holds no finite number");
    return vectors;
  }

  async function askPatiently(input: readonly string[], signal: AbortSignal | undefined): Promise<Float32Array[]> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await ask(input, signal);
      } catch (error) {
        const wait = waitsMs[attempt];
        if (!(error instanceof NotReachableError) || wait === undefined) throw error;
        await pause(wait, undefined, { signal }).catch(() => signal?.throwIfAborted());
      }
    }
  }

  return {
    model,
    async embed(texts, { signal, onProgress } = {}) {
      const vectors: Float32Array[] = [];
      for (let first = 0; first < texts.length; first += batch) {
        vectors.push(...(await askPatiently(texts.slice(first, first + batch), signal)));
        onProgress?.(vectors.length, texts.length);
      }
      const odd = vectors.find(({ length }) => length !== vectors[0]?.length);
      if (odd) throw unreachable(`answered with embeddings of ${vectors[0]?.length} and of ${odd.length} numbers`);
      return vectors;
    },
  };
}

function embeddingsUrl(given: string): string {
  const url = new URL(given);
  const path = url.pathname.replace(/\/+$/, "");
  url.pathname = path.endsWith("/embeddings") ? path : `${path === "" ? "/v1" : path}/embeddings`;
  return url.href;
}

/** Texts asked for and kept at a time, so that a broken-off run keeps what it has. */
const KEPT_AT_ONCE = 512;

/**
 * `embedder` behind a cache in an SQLite file: each text is asked for once a model's name. A row is checked by a digest over its
 * vector when it is read; a damaged one is asked for again. Several processes may use one file.
 */
export function cachedEmbeddings(path: string, embedder: Embedder): Embedder {
  return {
    model: embedder.model,
    async embed(texts, { signal, onProgress } = {}) {
      const store = openCache(path);
      try {
        const byDigest = new Map(texts.map((text) => [digestOf(embedder.model, text), text]));
        const found = new Map<string, Float32Array>();
        for (const digest of byDigest.keys()) {
          const vector = store.read(digest);
          if (vector) found.set(digest, vector);
        }
        const missing = [...byDigest].filter(([digest]) => !found.has(digest));
        for (let first = 0; first < missing.length; first += KEPT_AT_ONCE) {
          const part = missing.slice(first, first + KEPT_AT_ONCE);
          const vectors = await embedder.embed(
            part.map(([, text]) => text),
            {
              ...(signal ? { signal } : {}),
              onProgress: (done) => onProgress?.(found.size + done, byDigest.size),
            },
          );
          const rows = part.map(([digest], at): [string, Float32Array] => [digest, vectors[at] as Float32Array]);
          store.write(rows);
          for (const [digest, vector] of rows) found.set(digest, vector);
        }
        return inOneLength(
          texts.map((text) => found.get(digestOf(embedder.model, text)) as Float32Array),
          path,
        );
      } finally {
        store.close();
      }
    },
  };
}

function inOneLength(vectors: Float32Array[], path: string): Float32Array[] {
  const odd = vectors.find(({ length }) => length !== vectors[0]?.length);
  if (!odd) return vectors;
  throw new InputError(
    `the teacher's model now gives ${odd.length} numbers a text and ${vectors[0]?.length} before`,
    `Give the new model a name of its own in teacher.model, or delete ${path}.`,
  );
}

const digestOf = (model: string, text: string): string =>
  createHash("sha256")
    .update(JSON.stringify([model, text]))
    .digest("hex");

/** Binds a vector's bytes to the text they are of. */
const checkOf = (digest: string, vector: Uint8Array): string =>
  createHash("sha256").update(digest).update(vector).digest("hex").slice(0, 16);

/** Vectors as float32, little-endian. */
function openCache(path: string) {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path);
  database.exec("PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  database.exec(
    "CREATE TABLE IF NOT EXISTS embeddings (digest TEXT PRIMARY KEY, vector BLOB NOT NULL, digest_of_row TEXT NOT NULL) STRICT, WITHOUT ROWID",
  );
  const select = database.prepare("SELECT vector, digest_of_row FROM embeddings WHERE digest = ?");
  const insert = database.prepare("INSERT OR REPLACE INTO embeddings VALUES (?, ?, ?)");
  return {
    read(digest: string): Float32Array | undefined {
      const row = select.get(digest) as { vector: Uint8Array; digest_of_row: string } | undefined;
      if (!row || row.vector.length % 4 !== 0 || row.digest_of_row !== checkOf(digest, row.vector)) return undefined;
      const view = new DataView(row.vector.buffer, row.vector.byteOffset, row.vector.length);
      return Float32Array.from({ length: row.vector.length / 4 }, (_, at) => view.getFloat32(4 * at, true));
    },
    write(rows: readonly [string, Float32Array][]): void {
      database.exec("BEGIN IMMEDIATE");
      for (const [digest, vector] of rows) {
        const bytes = new Uint8Array(4 * vector.length);
        const view = new DataView(bytes.buffer);
        for (const [at, value] of vector.entries()) view.setFloat32(4 * at, value, true);
        insert.run(digest, bytes, checkOf(digest, bytes));
      }
      database.exec("COMMIT");
    },
    close: () => database.close(),
  };
}
