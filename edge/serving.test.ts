import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ClassifyAnswer, Health } from "#contracts/http.ts";
import { artefactKey } from "./residents.ts";
import {
  ADMIN,
  type ColdEdge,
  coldEdge,
  freshStores,
  MODEL,
  NO_MODEL,
  OTHER_MODEL,
  pointerTo,
  putBlessing,
  releasedEdge,
  TEXTS,
  upload,
} from "./test-support/harness.ts";
import { bless, signPointer } from "./test-support/sign.ts";

beforeEach(freshStores);

/** The pointer in memory is looked up again at every request. */
const ALWAYS_STALE = { POINTER_TTL_SECONDS: "-1" };

const ask = async (edge: Pick<ColdEdge, "post">) =>
  ClassifyAnswer.parse(await (await edge.post("/api/classify", { text: TEXTS[0] })).json());
const health = async (edge: Pick<ColdEdge, "request">) =>
  Health.parse(await (await edge.request("/api/health")).json());

/** R2 that counts what is fetched, and waits where `gate` is given; blessings come at once. */
function watchedBucket(gate?: Promise<void>) {
  const get = vi.fn(async (key: string) => {
    await gate;
    return env.ARTEFACTS.get(key);
  });
  const head = (key: string) => env.ARTEFACTS.head(key);
  const fetch = (key: string) => (key === artefactKey(key.split("/")[1] ?? "") ? get(key) : env.ARTEFACTS.get(key));
  return { get, ARTEFACTS: { get: fetch, head } as unknown as R2Bucket };
}

describe("the pointer in memory", () => {
  it("is found by a cold isolate in KV, and in D1 where KV has none", async () => {
    const { sha256 } = await releasedEdge();
    expect((await ask(coldEdge())).model).toBe(sha256);
    await env.CACHE.delete("pointer");
    expect((await ask(coldEdge())).model).toBe(sha256);
  });

  it("is renewed behind an answer once it is stale", async () => {
    await releasedEdge();
    const elsewhere = coldEdge(NO_MODEL, ALWAYS_STALE);
    expect((await health(elsewhere)).epoch).toBe(1);
    await coldEdge().putPointer(pointerTo(await upload(OTHER_MODEL), 2), 1);
    expect((await ask(elsewhere)).version).toBe("v1.0.1");
    expect((await health(elsewhere)).epoch).toBe(2);
    expect((await ask(elsewhere)).version).toBe("v1.0.2");
  });

  it("stays while it is fresh", async () => {
    const edge = await releasedEdge();
    await coldEdge().putPointer(pointerTo(await upload(OTHER_MODEL), 2), 1);
    await ask(edge);
    expect((await health(edge)).epoch).toBe(1);
  });

  it("never goes back to a lower epoch", async () => {
    const { sha256 } = await releasedEdge();
    const edge = coldEdge(NO_MODEL, ALWAYS_STALE);
    await edge.putPointer(pointerTo(await upload(OTHER_MODEL), 7), 1);
    await env.CACHE.put("pointer", JSON.stringify(pointerTo(sha256, 3)));
    await ask(edge);
    expect((await health(edge)).epoch).toBe(7);
  });

  it("serves on where neither KV nor D1 answers", async () => {
    const { sha256 } = await releasedEdge();
    const away = () => Promise.reject(new Error("away"));
    const bindings: Partial<Env> = { ...ALWAYS_STALE };
    const warm = coldEdge(NO_MODEL, bindings);
    expect((await ask(warm)).model).toBe(sha256);
    bindings.CACHE = { get: away } as unknown as KVNamespace;
    expect((await ask(warm)).model).toBe(sha256);
    expect((await ask(coldEdge(MODEL.buffer, bindings))).path).toBe("prior");
  });
});

describe("the model in memory", () => {
  it("is fetched once, however many ask at the same time", async () => {
    await releasedEdge();
    const { get, ARTEFACTS } = watchedBucket();
    const edge = coldEdge(NO_MODEL, { ARTEFACTS });
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(edge)));
    expect(new Set(answers.map(({ path }) => path))).toEqual(new Set(["full"]));
    const keys = get.mock.calls.map(([key]) => key);
    expect(keys).toHaveLength(new Set(keys).size);
  });

  it("goes on answering while the next one loads, and stays for the way back", async () => {
    const bindings: Partial<Env> = {};
    const edge = await releasedEdge(bindings);
    const [old, next] = [edge.sha256, await upload(OTHER_MODEL)];
    let open = () => {};
    const gated = watchedBucket(
      new Promise<void>((resolve) => {
        open = resolve;
      }),
    );
    bindings.ARTEFACTS = gated.ARTEFACTS;
    const moved = await edge.begin("/admin/pointer", {
      method: "PUT",
      headers: { ...ADMIN, "content-type": "application/json", "if-match": "1" },
      body: JSON.stringify(await signPointer(pointerTo(next, 2, { previous: { sha256: old, version: "v1.0.1" } }))),
    });
    expect(moved.response.status).toBe(200);
    const meanwhile = await edge.begin("/api/health");
    expect(await meanwhile.response.json()).toMatchObject({ model: old, epoch: 2, loaded: false });
    open();
    await Promise.all([moved.settled, meanwhile.settled]);
    expect((await ask(edge)).model).toBe(next);

    await edge.putPointer(pointerTo(old, 3, { previous: { sha256: next, version: "v1.0.2" } }), 2);
    expect((await ask(edge)).model).toBe(old);
    expect(gated.get).toHaveBeenCalledTimes(1);
  });

  it("answers from the one before where the next cannot be loaded", async () => {
    const edge = await releasedEdge();
    const broken = "b".repeat(64);
    await env.ARTEFACTS.put(artefactKey(broken), MODEL);
    await putBlessing(broken, await bless({ artefact: broken }));
    await edge.putPointer(pointerTo(broken, 2), 1);
    expect(await ask(edge)).toMatchObject({ model: edge.sha256, bucket: "previous", version: "v1.0.1" });
    expect(await health(edge)).toMatchObject({
      ok: true,
      model: edge.sha256,
      epoch: 2,
      loaded: false,
      fallback: false,
    });
  });

  it.each([
    ["bytes of another digest", MODEL, {}],
    ["bytes that are no model", new Uint8Array([1, 2, 3]), {}],
    ["more bytes than allowed", MODEL, { MODEL_MAX_BYTES: "100" }],
  ])("is refused where it has %s", async (what, bytes, bindings) => {
    const sha256 = what === "bytes of another digest" ? "c".repeat(64) : await upload(new Uint8Array(bytes));
    await env.ARTEFACTS.put(artefactKey(sha256), bytes);
    const edge = coldEdge(MODEL.buffer, bindings);
    await edge.putPointer(pointerTo(sha256, 1), 0);
    expect(await ask(edge)).toMatchObject({ path: "prior", bucket: "fallback" });
    expect(await health(edge)).toMatchObject({ ok: true, fallback: true, loaded: false });
  });
});
