import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { ClassifyAnswer, Health } from "#contracts/http.ts";
import {
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
  uploadUnblessed,
} from "./test-support/harness.ts";
import { bless, newKey, signPointer } from "./test-support/sign.ts";

beforeEach(freshStores);

const refusal = async (response: Response) => ({
  status: response.status,
  ...((await response.json()) as { error?: { name: string; message: string; field?: string } }).error,
});

describe("PUT /admin/pointer", () => {
  it("refuses a model without a blessing, in whichever place", async () => {
    const [blessed, bare] = await Promise.all([upload(MODEL), uploadUnblessed(OTHER_MODEL)]);
    const places = [
      ["current.sha256", pointerTo(bare, 1)],
      ["canary.sha256", pointerTo(blessed, 1, { canary: { sha256: bare, version: "v2", basisPoints: 500 } })],
      [
        "experiments",
        pointerTo(blessed, 1, {
          experiments: [{ name: "ab", salt: "ab", arms: [{ name: "b", sha256: bare, basisPoints: 1 }] }],
        }),
      ],
    ] as const;
    for (const [field, pointer] of places) {
      expect(await refusal(await coldEdge().putPointer(pointer, 0))).toMatchObject({
        status: 403,
        name: "BlessingError",
        field,
        message: expect.stringContaining("has no blessing"),
      });
    }
    expect((await coldEdge().admin("/admin/pointer")).status).toBe(404);
  });

  it("refuses a blessing that was forged, changed, made for another model, or is none", async () => {
    const [sha256, other] = await Promise.all([uploadUnblessed(MODEL), upload(OTHER_MODEL)]);
    const good = await bless({ artefact: sha256 });
    const cases: [string, unknown][] = [
      ["not signed by a key", await bless({ artefact: sha256 }, (await newKey()).key)],
      ["not signed by a key", { ...good, metrics: { ...good.metrics, top1: 0.99 } }],
      ["not signed by a key", { ...(await bless({ artefact: other })), artefact: sha256 }],
      ["for another model", await bless({ artefact: other })],
      ["cannot be read", { ...good, more: true }],
      ["cannot be read", "a blessing"],
    ];
    for (const [why, blessing] of cases) {
      await putBlessing(sha256, blessing);
      const refused = await refusal(await coldEdge().putPointer(pointerTo(sha256, 1), 0));
      expect(refused).toMatchObject({ status: 403, name: "BlessingError", message: expect.stringContaining(why) });
    }
    await putBlessing(sha256, good);
    expect((await coldEdge().putPointer(pointerTo(sha256, 1), 0)).status).toBe(200);
  });

  it("refuses a pointer that is not signed, was changed since, or signed by a stranger", async () => {
    const [sha256, other] = await Promise.all([upload(MODEL), upload(OTHER_MODEL)]);
    const pointer = pointerTo(sha256, 1);
    const signed = await signPointer(pointer);
    for (const bad of [
      pointer,
      { ...signed, current: { ...signed.current, sha256: other } },
      { ...signed, epoch: 2 },
      await signPointer(pointer, (await newKey()).key),
      { ...signed, signature: "%%%" },
    ]) {
      expect(await refusal(await coldEdge().putRaw(bad, 0))).toMatchObject({
        status: 403,
        name: "BlessingError",
        field: "signature",
      });
    }
    expect((await coldEdge().putRaw(signed, 0)).status).toBe(200);
  });

  it("refuses a signed pointer sent again once the epoch has gone on", async () => {
    const edge = coldEdge();
    const [old, next] = await Promise.all([upload(MODEL), upload(OTHER_MODEL)]);
    const replayed = await signPointer(pointerTo(old, 1));
    await edge.putRaw(replayed, 0);
    await edge.putPointer(pointerTo(next, 2), 1);
    expect((await edge.putRaw(replayed, 2)).status).toBe(400);
    expect((await edge.putRaw(replayed, 0)).status).toBe(409);
  });

  it("believes two keys while they are changed, and nobody where it has none", async () => {
    const sha256 = await uploadUnblessed(MODEL);
    const next = await newKey();
    await putBlessing(sha256, await bless({ artefact: sha256 }, next.key));
    const pointer = await signPointer(pointerTo(sha256, 1), next.key);
    const put = (BLESSING_KEYS: string) => coldEdge(NO_MODEL, { BLESSING_KEYS }).putRaw(pointer, 0);
    expect((await put("")).status).toBe(403);
    expect((await put(env.BLESSING_KEYS)).status).toBe(403);
    expect((await put(`${env.BLESSING_KEYS}, ${next.publicKey}`)).status).toBe(200);
    // The old key's word counts too.
    const both = coldEdge(NO_MODEL, { BLESSING_KEYS: `${next.publicKey},${env.BLESSING_KEYS}` });
    expect((await both.putPointer(pointerTo(await upload(OTHER_MODEL), 2), 1)).status).toBe(200);
  });

  it("lets one of 50 writers win, and tells the others what stands", { timeout: 60_000 }, async () => {
    const sha256 = await upload(MODEL);
    for (const expected of [0, 1]) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, writer) => {
          const current = { sha256, version: `v1.${writer}.${expected}` };
          return coldEdge().putPointer(pointerTo(sha256, expected + 1, { current }), expected);
        }),
      );
      const winners = answers.filter(({ status }) => status === 200);
      expect(winners).toHaveLength(1);
      const stands = await winners[0]?.json();
      for (const loser of answers.filter(({ status }) => status !== 200)) {
        expect(loser.status).toBe(409);
        expect(await loser.json()).toMatchObject({ error: { name: "Conflict" }, pointer: stands });
      }
      expect(await (await coldEdge().admin("/admin/pointer")).json()).toEqual(stands);
    }
  });
});

describe("serving", () => {
  const ALWAYS_STALE = { POINTER_TTL_SECONDS: "-1" };

  it("does not load a model whose blessing is gone or was changed: the bundled one answers", async () => {
    const { sha256 } = await releasedEdge();
    await putBlessing(sha256, { ...(await bless({ artefact: sha256 })), at: "2027-01-01T00:00:00Z" });
    const bundled = OTHER_MODEL.buffer;
    const answer = await (await coldEdge(bundled).post("/api/classify", { text: TEXTS[0] })).json();
    expect(ClassifyAnswer.parse(answer).bucket).toBe("fallback");
  });

  it("does not follow a copy in KV that nobody signed, and takes the truth in its place", async () => {
    const { sha256 } = await releasedEdge();
    const forged = pointerTo(await upload(OTHER_MODEL), 9);
    await env.CACHE.put("pointer", JSON.stringify(forged));
    const health = Health.parse(await (await coldEdge(NO_MODEL, ALWAYS_STALE).request("/api/health")).json());
    expect(health).toMatchObject({ epoch: 1, model: sha256 });
  });
});
