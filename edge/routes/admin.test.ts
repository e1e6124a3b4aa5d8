import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { ClassifyAnswer } from "#contracts/http.ts";
import { verifyEvent } from "../event-token.ts";
import {
  ADMIN,
  coldEdge,
  freshStores,
  MODEL,
  OTHER_MODEL,
  pointerTo,
  releasedEdge,
  TEXTS,
  upload,
} from "../test-support/harness.ts";

beforeEach(freshStores);

describe("the bearer secret", () => {
  it.each([
    ["no header", {}],
    ["another secret", { authorization: "Bearer wrong" }],
    ["a prefix of it", { authorization: ADMIN.authorization.slice(0, -1) }],
    ["another scheme", { authorization: ADMIN.authorization.replace("Bearer", "Basic") }],
    ["an empty secret", { authorization: "Bearer " }],
  ])("lets nobody in with %s", async (_, headers) => {
    for (const path of ["/admin/events", "/admin/pointer", "/admin/metrics", "/admin/nothing"]) {
      const response = await coldEdge().request(path, { headers });
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
    }
  });

  it("lets nobody in where the edge has none", async () => {
    const edge = coldEdge(undefined, { ADMIN_SECRET: "" });
    expect((await edge.request("/admin/pointer", { headers: { authorization: "Bearer " } })).status).toBe(401);
  });
});

describe("the pointer", () => {
  it("is not there before the first release", async () => {
    const response = await coldEdge().admin("/admin/pointer");
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { name: "PointerNotFound" } });
  });

  it("is moved by compare-and-set and read back with its epoch", async () => {
    const edge = coldEdge();
    const sha256 = await upload(MODEL);
    expect((await edge.putPointer(pointerTo(sha256, 1), 0)).status).toBe(200);
    const response = await edge.admin("/admin/pointer");
    expect(response.headers.get("etag")).toBe('"1"');
    expect(await response.json()).toMatchObject(pointerTo(sha256, 1));
    expect((await edge.putPointer(pointerTo(sha256, 5), 1)).status).toBe(200);
  });

  it("takes one of two who expect the same epoch", async () => {
    const [a, b] = await Promise.all([upload(MODEL), upload(OTHER_MODEL)]);
    for (const expected of [0, 1]) {
      const epoch = expected + 1;
      const answers = await Promise.all([
        coldEdge().putPointer(pointerTo(a, epoch), expected),
        coldEdge().putPointer(pointerTo(b, epoch), expected),
      ]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      const winner = answers.find(({ status }) => status === 200);
      const loser = answers.find(({ status }) => status === 409);
      expect(await loser?.json()).toMatchObject({ error: { name: "Conflict" }, pointer: await winner?.json() });
    }
  });

  it("takes the same pointer twice, so that a repeated release is no conflict", async () => {
    const edge = coldEdge();
    const pointer = pointerTo(await upload(MODEL), 1);
    await edge.putPointer(pointer, 0);
    await env.CACHE.delete("pointer");
    expect((await edge.putPointer(pointer, 0)).status).toBe(200);
    expect(await env.CACHE.get("pointer", "json")).toMatchObject(pointer);
  });

  it("refuses to expect an epoch where there is no pointer, and a pointer at a lower epoch", async () => {
    const edge = coldEdge();
    const sha256 = await upload(MODEL);
    expect((await edge.putPointer(pointerTo(sha256, 4), 3)).status).toBe(409);
    await edge.putPointer(pointerTo(sha256, 4), 0);
    expect((await edge.putPointer(pointerTo(sha256, 4), 4)).status).toBe(400);
    expect((await edge.putPointer(pointerTo(sha256, 2), 1)).status).toBe(409);
  });

  it("refuses to point to what is not there", async () => {
    const edge = coldEdge();
    const sha256 = await upload(MODEL);
    const missing = "0".repeat(64);
    const refused = await edge.putPointer(pointerTo(missing, 1), 0);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { name: "ArtefactMissing", field: "current.sha256" } });
    expect((await edge.putPointer(pointerTo(sha256, 1, { readings: missing }), 0)).status).toBe(400);
  });

  it("needs to be told the epoch, and a pointer", async () => {
    const edge = coldEdge();
    const send = (headers: object, body: string) =>
      edge.request("/admin/pointer", {
        method: "PUT",
        headers: { ...ADMIN, "content-type": "application/json", ...headers },
        body,
      });
    expect(await (await send({}, "{}")).json()).toMatchObject({ error: { field: "if-match" } });
    expect(await (await send({ "if-match": "*" }, "{}")).json()).toMatchObject({ error: { field: "if-match" } });
    expect(await (await send({ "if-match": '"0"' }, '{"schema":1}')).json()).toMatchObject({
      error: { field: "epoch" },
    });
    expect((await send({ "if-match": "0" }, JSON.stringify("x".repeat(70_000)))).status).toBe(413);
  });
});

describe("GET /admin/metrics", () => {
  it("counts answers and requests", async () => {
    const edge = await releasedEdge();
    await edge.post("/api/classify", { text: TEXTS[0] });
    await edge.post("/api/classify", { text: "" });
    const text = await (await edge.admin("/admin/metrics")).text();
    expect(text).toContain('haqei_edge_answers_total{path="full"} 1');
    expect(text).toContain('haqei_edge_requests_total{route="/api/classify",status="400"} 1');
    expect(text).toContain('haqei_edge_loads_total{kind="model",outcome="loaded"} 1');
  });
});

describe("a canary", () => {
  it("answers its share of people, always the same ones, and nobody unknown", async () => {
    const edge = coldEdge();
    const [current, canary] = await Promise.all([upload(MODEL), upload(OTHER_MODEL)]);
    await edge.putPointer(pointerTo(current, 1, { canary: { sha256: canary, version: "v2", basisPoints: 5000 } }), 0);
    const ask = async (userId?: string) =>
      ClassifyAnswer.parse(await (await edge.post("/api/classify", { text: TEXTS[0], userId })).json());
    const people = Array.from({ length: 40 }, (_, index) => `user-${index}`);
    // The first who belongs to the canary has it loaded.
    for (const person of people) await ask(person);
    const buckets = await Promise.all(people.map(async (person) => (await ask(person)).bucket));
    expect(new Set(buckets)).toEqual(new Set(["current", "canary"]));
    for (const [index, person] of people.entries()) {
      const release = await (await edge.request(`/api/release?userId=${person}`)).json<{ bucketOf: string }>();
      expect(release.bucketOf).toBe(buckets[index]);
    }
    expect((await ask()).model).toBe(current);
  });
});

describe("an experiment", () => {
  const arms = (experimental: string, control: string) => [
    { name: "experimental", sha256: experimental, basisPoints: 4000 },
    { name: "control", sha256: control, basisPoints: 4000 },
  ];

  it("gives each arm its people and its model, and every event its bucket", async () => {
    const edge = coldEdge();
    const [current, other] = await Promise.all([upload(MODEL), upload(OTHER_MODEL)]);
    const experiments = [{ name: "ab", salt: "ab-salt", arms: arms(other, current) }];
    expect((await edge.putPointer(pointerTo(current, 1, { experiments }), 0)).status).toBe(200);
    const ask = async (userId: string, headers: Record<string, string> = {}) => {
      const response = await edge.request("/api/classify", {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ text: TEXTS[0], userId }),
      });
      return ClassifyAnswer.parse(await response.json());
    };
    const people = Array.from({ length: 30 }, (_, index) => `user-${index}`);
    for (const person of people) await ask(person);
    const answers = await Promise.all(people.map((person) => ask(person)));
    expect(new Set(answers.map(({ bucket }) => bucket))).toEqual(new Set(["ab/experimental", "ab/control", "current"]));
    for (const { bucket, model, eventId } of answers) {
      expect(model).toBe(bucket === "ab/experimental" ? other : current);
      expect(verifyEvent(env.EVENT_SECRET, eventId)?.bucket).toBe(bucket);
    }
    const machines = await Promise.all(people.map((person) => ask(person, { "user-agent": "Googlebot/2.1" })));
    expect(new Set(machines.map(({ bucket, model }) => `${bucket} ${model}`))).toEqual(new Set([`machine ${current}`]));
  });

  it("is refused with a salt in use, or a model that is not there", async () => {
    const edge = coldEdge();
    const current = await upload(MODEL);
    const put = (salt: string, sha256: string) =>
      edge.putPointer(pointerTo(current, 1, { experiments: [{ name: "ab", salt, arms: arms(sha256, current) }] }), 0);
    expect(await (await put("salt", current)).json()).toMatchObject({ error: { field: "experiments" } });
    expect(await (await put("other", "0".repeat(64))).json()).toMatchObject({ error: { name: "ArtefactMissing" } });
  });
});
