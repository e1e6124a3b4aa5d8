import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { ClassifyAnswer } from "#contracts/http.ts";
import { KeptDisagreement, ShadowCounts } from "#contracts/shadow.ts";
import { verifyEvent } from "./event-token.ts";
import {
  ADMIN,
  type ColdEdge,
  coldEdge,
  freshStores,
  MODEL,
  NO_MODEL,
  OTHER_MODEL,
  pointerTo,
  TEXTS,
  upload,
} from "./test-support/harness.ts";

beforeEach(freshStores);

const ask = async (edge: Pick<ColdEdge, "post">, body: object) =>
  ClassifyAnswer.parse(await (await edge.post("/api/classify", body)).json());
const disagreements = async (edge: Pick<ColdEdge, "admin">, after = 0) => {
  const response = await edge.admin(`/admin/shadow?after=${after}`);
  const lines = (await response.text()).split("\n").filter((line) => line !== "");
  return { found: lines.map((line) => KeptDisagreement.parse(JSON.parse(line))), next: response.headers.get("x-next") };
};

const countsOf = async (edge: Pick<ColdEdge, "admin">, from = 0) =>
  ShadowCounts.parse(await (await edge.admin(`/admin/shadow/counts?from=${from}`)).json()).pairs;

async function shadowedEdge(shadowBytes = OTHER_MODEL, sample = 1, bindings: Partial<Env> = {}) {
  const edge = coldEdge(NO_MODEL, bindings);
  const [sha256, shadow] = await Promise.all([upload(MODEL), upload(shadowBytes)]);
  const pointer = pointerTo(sha256, 1, { shadow: { sha256: shadow, version: "v2", sample } });
  expect((await edge.putPointer(pointer, 0)).status).toBe(200);
  return { ...edge, sha256, shadow };
}

describe("a shadow", () => {
  it("answers beside the current model, which is the one shown, and what they disagree on is kept", async () => {
    const edge = await shadowedEdge();
    const answer = await ask(edge, { text: TEXTS[0], userId: "anna" });
    expect(answer).toMatchObject({ model: edge.sha256, bucket: "current", shadow: true });
    expect(answer.predictions[0]?.id).toBe(1);
    const served = verifyEvent(env.EVENT_SECRET, answer.eventId);
    const { found, next } = await disagreements(edge);
    expect(next).toBe("1");
    expect(found).toEqual([
      expect.objectContaining({ textHash: served?.textHash, at: served?.at, model: edge.sha256, shadow: edge.shadow }),
    ]);
    expect(found[0]?.answers[0]?.id).toBe(1);
    expect(found[0]?.shadowAnswers[0]?.id).toBe(4);
    expect(JSON.stringify(found)).not.toContain(TEXTS[0]);
    expect(JSON.stringify(found)).not.toContain("anna");
    expect((await disagreements(edge, 1)).found).toEqual([]);
  });

  it("keeps the text with consent alone", async () => {
    const edge = await shadowedEdge();
    await ask(edge, { text: TEXTS[0], consent: true });
    expect((await disagreements(edge)).found[0]?.text).toBe(TEXTS[0]);
  });

  it("is counted by user, in what both agree on too", async () => {
    const edge = await shadowedEdge(MODEL);
    for (const [text, userId] of [
      [TEXTS[0], "anna"],
      [TEXTS[1], "anna"],
      [TEXTS[1], "ben"],
      [TEXTS[2], undefined],
    ]) {
      await ask(edge, { text, ...(userId && { userId }) });
    }
    const counts = ShadowCounts.parse(await (await edge.admin("/admin/shadow/counts")).json());
    expect(counts.pairs).toEqual([
      {
        model: edge.sha256,
        shadow: edge.shadow,
        users: 2,
        usersFailed: 0,
        usersCurrentFailed: 0,
        compared: 2,
        differed: 0,
        labelled: { n: 0, worse: 0, better: 0 },
        agreed: 4,
        disagreed: 0,
        failed: 0,
      },
    ]);
    expect((await disagreements(edge)).found).toEqual([]);
    expect(await (await edge.admin("/admin/metrics")).text()).toContain("haqei_edge_shadow_pairs_total 4");
  });

  it("has its failures counted by user, and where it cannot answer nothing is compared", async () => {
    const edge = await shadowedEdge();
    await env.ARTEFACTS.put(`artefacts/${edge.shadow}`, "rotten");
    const cold = coldEdge();
    for (const userId of ["anna", "anna", "ben"]) await ask(cold, { text: TEXTS[0], userId });
    const [pair] = await countsOf(cold);
    expect(pair).toMatchObject({ users: 2, usersFailed: 2, usersCurrentFailed: 0, compared: 0, failed: 3, agreed: 0 });
  });

  it("is compared by each user's first query, across isolates, and people's labels of those are counted", async () => {
    const edge = await shadowedEdge();
    const ownText = { text: TEXTS[0], consent: true };
    for (const userId of ["anna", "anna", "ben", "carl"]) await ask(edge, { ...ownText, userId });
    await disagreements(edge);
    const other = coldEdge();
    await ask(other, { ...ownText, userId: "anna" });
    const { found } = await disagreements(other);
    expect(found.map(({ first }) => first)).toEqual([true, false, true, true, false]);
    expect(found.every(({ epoch, label }) => epoch === 1 && label === undefined)).toBe(true);
    const label = (labels: { seq: number; label: number }[]) =>
      edge.request("/admin/shadow/labels", {
        method: "POST",
        headers: { ...ADMIN, "content-type": "application/json" },
        body: JSON.stringify({ by: "mika", labels }),
      });
    const [answered, shadowed] = [found[0]?.answers[0]?.id ?? 0, found[0]?.shadowAnswers[0]?.id ?? 0];
    // The second is no first query: its label says nothing new of anna. The last is not there.
    const response = await label([
      { seq: 1, label: answered },
      { seq: 2, label: answered },
      { seq: 3, label: shadowed },
      { seq: 4, label: 0 },
      { seq: 99, label: 1 },
    ]);
    expect(await response.json()).toEqual({ labelled: 4 });
    const [pair] = await countsOf(edge);
    expect(pair).toMatchObject({ users: 3, compared: 3, differed: 3, labelled: { n: 3, worse: 1, better: 1 } });
    // A later label takes its place.
    await label([{ seq: 4, label: shadowed }]);
    expect((await countsOf(edge))[0]?.labelled).toEqual({ n: 3, worse: 1, better: 2 });
    expect(await countsOf(edge, 2)).toEqual([]);
    expect((await disagreements(edge)).found.map((one) => one.label)).toEqual([1, 1, 4, 4, undefined]);
    expect((await label([])).status).toBe(400);
    expect((await label([{ seq: 1, label: -1 }])).status).toBe(400);
  });

  it("leaves out the rollout's own checks", async () => {
    const edge = await shadowedEdge();
    expect((await ask(edge, { text: TEXTS[0], userId: "haqei-check-1" })).shadow).toBeUndefined();
    expect(await countsOf(edge)).toEqual([]);
  });

  it("takes its share of people and always the same ones", async () => {
    const edge = await shadowedEdge(OTHER_MODEL, 0.3);
    const people = Array.from({ length: 200 }, (_, index) => `user-${index}`);
    const sampled = async () => {
      const answers = await Promise.all(people.map((userId) => ask(edge, { text: TEXTS[0], userId })));
      return answers.map(({ shadow }) => shadow === true);
    };
    const first = await sampled();
    expect(await sampled()).toEqual(first);
    const share = first.filter(Boolean).length / people.length;
    expect(share).toBeGreaterThan(0.15);
    expect(share).toBeLessThan(0.45);
  });

  it("forgets a user who asks to be forgotten", async () => {
    const edge = await shadowedEdge();
    await ask(edge, { text: TEXTS[0], userId: "anna", consent: true });
    await ask(edge, { text: TEXTS[0], userId: "ben" });
    expect((await disagreements(edge)).found).toHaveLength(2);
    expect((await edge.request("/api/users/anna", { method: "DELETE", headers: ADMIN })).status).toBe(202);
    const left = await disagreements(edge);
    expect(left.found.map(({ text }) => text)).toEqual([undefined]);
    const counts = ShadowCounts.parse(await (await edge.admin("/admin/shadow/counts")).json());
    expect(counts.pairs[0]?.users).toBe(1);
  });

  it("hurts nobody where it cannot be loaded or written", async () => {
    const edge = await shadowedEdge();
    await env.ARTEFACTS.delete(`artefacts/${edge.shadow}`);
    const batch = () => Promise.reject(new Error("D1 is full"));
    const full = { prepare: env.LOG.prepare.bind(env.LOG), batch } as unknown as D1Database;
    expect((await ask(coldEdge(), { text: TEXTS[0] })).path).toBe("full");
    await env.ARTEFACTS.put(`artefacts/${edge.shadow}`, OTHER_MODEL);
    const other = coldEdge(NO_MODEL, { LOG: full, ANALYTICS_FLUSH_SECONDS: "-1" });
    expect((await ask(other, { text: TEXTS[0] })).path).toBe("full");
    expect((await ask(other, { text: TEXTS[0] })).path).toBe("cache");
  });

  it("is refused with the pointer where its model is not there", async () => {
    const sha256 = await upload(MODEL);
    const shadow = { sha256: "e".repeat(64), version: "v2", sample: 0.1 };
    const response = await coldEdge().putPointer(pointerTo(sha256, 1, { shadow }), 0);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { name: "ArtefactMissing", field: "shadow.sha256" } });
  });
});
