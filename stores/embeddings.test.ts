import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { InputError, NotReachableError } from "#contracts/errors.ts";
import { cachedEmbeddings, embeddingClient } from "./embeddings.ts";
import { type EmbeddingsServer, hashedEmbedding, startEmbeddingsServer } from "./test-support/embeddings-server.ts";

const texts = ["rain", "雨", "wind", "snow", "風"];
const expected = texts.map((text) => Float32Array.from(hashedEmbedding(text)));

let server: EmbeddingsServer;
let folder: string;
beforeEach(async () => {
  server = await startEmbeddingsServer();
  folder = mkdtempSync(join(tmpdir(), "haqei-embeddings-"));
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const client = (change: Partial<Parameters<typeof embeddingClient>[0]> = {}) =>
  embeddingClient({ url: server.url, model: "m", batch: 2, waitsMs: [1, 1], ...change });

describe("embeddingClient", () => {
  test("asks in batches and answers in the order of the texts", async () => {
    const seen: number[] = [];
    expect(await client().embed(texts, { onProgress: (done) => seen.push(done) })).toEqual(expected);
    expect(server.asked.map(({ body }) => body.input)).toEqual([["rain", "雨"], ["wind", "snow"], ["風"]]);
    expect(server.asked[0]).toMatchObject({ path: "/v1/embeddings", body: { model: "m", encoding_format: "float" } });
    expect(seen).toEqual([2, 4, 5]);
  });

  test.each([
    ["", "/v1/embeddings"],
    ["/", "/v1/embeddings"],
    ["/v1/", "/v1/embeddings"],
    ["/v1/embeddings", "/v1/embeddings"],
    ["/proxy/v2", "/proxy/v2/embeddings"],
  ])("takes the API's base or the endpoint: %j", async (path, asked) => {
    await client({ url: new URL(server.url).origin + path }).embed(["rain"]);
    expect(server.asked[0]?.path).toBe(asked);
  });

  test("sends the key, if it has one", async () => {
    await client().embed(["rain"]);
    await client({ apiKey: "k" }).embed(["rain"]);
    expect(server.asked.map(({ authorization }) => authorization)).toEqual([undefined, "Bearer k"]);
  });

  test("tries again what may pass", async () => {
    server.faults.push({ status: 503, body: "loading" }, { status: 429, body: "slow down" });
    expect(await client().embed(["rain"])).toEqual(expected.slice(0, 1));
    expect(server.asked).toHaveLength(3);
  });

  test("gives up where it does not pass, and says what to do", async () => {
    server.faults.push(...Array(3).fill({ status: 500, body: "out of memory" }));
    const attempt = client().embed(["rain"]);
    await expect(attempt).rejects.toBeInstanceOf(NotReachableError);
    await expect(attempt).rejects.toMatchObject({
      message: expect.stringContaining("answered 500: out of memory"),
      hint: expect.stringContaining("npm run teacher"),
    });
    expect(server.asked).toHaveLength(3);
  });

  test("names an endpoint where nobody is", async () => {
    const attempt = client({ url: "http://127.0.0.1:3/v1" }).embed(["rain"]);
    await expect(attempt).rejects.toBeInstanceOf(NotReachableError);
    await expect(attempt).rejects.toThrow("http://127.0.0.1:3/v1/embeddings does not answer");
  });

  test("does not repeat what was refused", async () => {
    server.faults.push({ status: 401, body: "who are you" });
    const attempt = client().embed(["rain"]);
    await expect(attempt).rejects.toBeInstanceOf(InputError);
    await expect(attempt).rejects.toMatchObject({ hint: expect.stringContaining("teacher.apiKeyVariable") });
    expect(server.asked).toHaveLength(1);
  });

  const answer = (...embeddings: unknown[]) =>
    JSON.stringify({ data: embeddings.map((embedding, index) => ({ index, embedding })) });
  test.each([
    ["no JSON", "<html>", "something else than embeddings"],
    ["too few", answer([1, 2]), "1 embeddings to 2 texts"],
    [
      "one place twice",
      `{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[2]}]}`,
      "2 embeddings to 2 texts",
    ],
    ["a place beyond", `{"data":[{"index":0,"embedding":[1]},{"index":7,"embedding":[2]}]}`, "2 embeddings to 2 texts"],
    ["numbers beyond float32", answer([1, 2], [1, 1e39]), "no finite number"],
    ["two lengths", answer([1, 2], [1]), "of 2 and of 1 numbers"],
  ])("refuses an answer with %s", async (_, body, message) => {
    server.faults.push(...Array(3).fill({ status: 200, body }));
    await expect(client().embed(["rain", "wind"])).rejects.toThrow(message);
  });

  test("ends when the signal says so, in the middle of waiting", async () => {
    server.faults.push({ status: 503, body: "" });
    const abort = new AbortController();
    const reason = new Error("cancelled by the test");
    const running = client({ waitsMs: [60_000] }).embed(["rain"], { signal: abort.signal });
    while (server.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    abort.abort(reason);
    await expect(running).rejects.toBe(reason);
  });
});

describe("cachedEmbeddings", () => {
  const file = () => join(folder, "cache", "embeddings.db");

  test("asks for a text once, whichever run wants it", async () => {
    expect(await cachedEmbeddings(file(), client()).embed(["rain", "wind", "rain"])).toHaveLength(3);
    expect(server.asked.flatMap(({ body }) => body.input)).toEqual(["rain", "wind"]);
    expect(await cachedEmbeddings(file(), client()).embed(texts)).toEqual(expected);
    expect(server.asked.flatMap(({ body }) => body.input)).toEqual(["rain", "wind", "雨", "snow", "風"]);
    const before = server.asked.length;
    expect(await cachedEmbeddings(file(), client()).embed(texts)).toEqual(expected);
    expect(server.asked).toHaveLength(before);
  });

  test("keeps models apart by name", async () => {
    await cachedEmbeddings(file(), client()).embed(["rain"]);
    await cachedEmbeddings(file(), client({ model: "other" })).embed(["rain"]);
    expect(server.asked.map(({ body }) => body.model)).toEqual(["m", "other"]);
  });

  test.each<[string, (vector: Uint8Array, other: Uint8Array) => Uint8Array]>([
    ["a changed bit", (vector) => vector.map((byte, at) => (at === 9 ? byte ^ 1 : byte))],
    ["a cut vector", (vector) => vector.subarray(0, 30)],
    ["the vector of another text", (_, other) => other],
  ])("asks again for %s", async (_, damage) => {
    await cachedEmbeddings(file(), client()).embed(texts);
    const database = new DatabaseSync(file());
    const rows = database.prepare("SELECT digest, vector FROM embeddings").all() as Record<string, unknown>[];
    const [one, other] = rows as { digest: string; vector: Uint8Array }[];
    if (!one || !other) throw new Error("the cache holds nothing");
    const damaged = damage(one.vector, other.vector);
    database.prepare("UPDATE embeddings SET vector = ? WHERE digest = ?").run(damaged, one.digest);
    database.close();
    const before = server.asked.length;
    expect(await cachedEmbeddings(file(), client()).embed(texts)).toEqual(expected);
    expect(server.asked.slice(before).flatMap(({ body }) => body.input)).toHaveLength(1);
  });

  test("keeps what was answered before the teacher went away", async () => {
    const many = Array.from({ length: 600 }, (_, at) => `text ${at}`);
    let asked = 0;
    const mortal = {
      model: "m",
      embed: async (part: readonly string[]) => {
        asked += part.length;
        if (asked > 512) throw new NotReachableError("gone", "");
        return part.map((text) => Float32Array.from(hashedEmbedding(text)));
      },
    };
    await expect(cachedEmbeddings(file(), mortal).embed(many)).rejects.toThrow("gone");
    await cachedEmbeddings(file(), client({ batch: 100 })).embed(many);
    expect(server.asked.flatMap(({ body }) => body.input)).toEqual(many.slice(512));
  });

  test("refuses one name for models of two sizes", async () => {
    await cachedEmbeddings(file(), client()).embed(["rain"]);
    const other = { model: "m", embed: async () => [new Float32Array(8)] };
    await expect(cachedEmbeddings(file(), other).embed(["rain", "wind"])).rejects.toThrow("8 numbers a text and 32");
  });
});
