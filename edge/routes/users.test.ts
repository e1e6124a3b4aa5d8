import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { ClassifyAnswer, Erasure } from "#contracts/http.ts";
import { ADMIN, type ColdEdge, freshStores, releasedEdge, TEXTS } from "../test-support/harness.ts";

beforeEach(freshStores);

async function react(edge: Pick<ColdEdge, "post">, id: string, userId?: string): Promise<void> {
  const answer = ClassifyAnswer.parse(await (await edge.post("/api/classify", { text: TEXTS[0] })).json());
  const event = { id, eventId: answer.eventId, type: "bounce", at: 1, ...(userId && { userId }) };
  expect((await edge.post("/api/feedback", event)).status).toBe(202);
}
const tokenOf = async (edge: Pick<ColdEdge, "request">, userId: string) => {
  const response = await edge.request(`/admin/users/${userId}/token`, { method: "POST", headers: ADMIN });
  return (await response.json<{ token: string }>()).token;
};
const erase = (edge: Pick<ColdEdge, "request">, userId: string, secret?: string) =>
  edge.request(`/api/users/${userId}`, {
    method: "DELETE",
    ...(secret !== undefined && { headers: { authorization: `Bearer ${secret}` } }),
  });
const ids = async (edge: Pick<ColdEdge, "admin">) => {
  const response = await edge.admin("/admin/events");
  const lines = (await response.text()).split("\n").filter((line) => line !== "");
  return { ids: lines.map((line) => JSON.parse(line).id), next: response.headers.get("x-next") };
};

describe("DELETE /api/users/:userId", () => {
  it("deletes this user's events alone, by the user's token, and remembers it", async () => {
    const edge = await releasedEdge();
    await react(edge, "a1", "anna");
    await react(edge, "b1", "ben");
    await react(edge, "c1");
    await react(edge, "a2", "anna");
    const response = await erase(edge, "anna", await tokenOf(edge, "anna"));
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ deleted: 2 });
    expect((await ids(edge)).ids).toEqual(["b1", "c1"]);
    const { results } = await env.LOG.prepare("SELECT * FROM erasures").all();
    expect(results).toEqual([
      expect.objectContaining({ seq: 1, last_seq: 4, user: expect.stringMatching(/^[0-9a-f]{32}$/) }),
    ]);
    expect(JSON.stringify(results)).not.toContain("anna");
  });

  it("leaves a reader of the log where it was, though the last rows are gone", async () => {
    const edge = await releasedEdge();
    await react(edge, "b1", "ben");
    await react(edge, "a1", "anna");
    await erase(edge, "anna", env.ADMIN_SECRET);
    await erase(edge, "nobody", env.ADMIN_SECRET);
    expect((await edge.admin("/admin/events?after=2")).headers.get("x-next")).toBe("2");
    await react(edge, "b2", "ben");
    const after = await edge.admin("/admin/events?after=2");
    expect(await after.text()).toContain('"id":"b2"');
    expect(after.headers.get("x-next")).toBe("3");
  });

  it("is nobody else's to do", async () => {
    const edge = await releasedEdge();
    await react(edge, "a1", "anna");
    for (const secret of [undefined, "", "wrong", await tokenOf(edge, "ben"), await tokenOf(edge, "anna2")]) {
      const response = await erase(edge, "anna", secret);
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
    }
    expect((await ids(edge)).ids).toEqual(["a1"]);
    expect((await edge.request("/admin/users/anna/token", { method: "POST" })).status).toBe(401);
  });

  it("is told to whoever learns from events, a page at a time, and to nobody else", async () => {
    const edge = await releasedEdge();
    await react(edge, "a1", "anna");
    await erase(edge, "anna", env.ADMIN_SECRET);
    await erase(edge, "ben", env.ADMIN_SECRET);
    const page = async (query: string) =>
      (await (await edge.admin(`/admin/erasures${query}`)).text())
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => Erasure.parse(JSON.parse(line)));
    const all = await page("");
    expect(all.map(({ seq, lastSeq }) => [seq, lastSeq])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(await page("?limit=1")).toEqual(all.slice(0, 1));
    expect(await page("?after=1")).toEqual(all.slice(1));
    expect(await page("?after=2")).toEqual([]);
    expect((await edge.request("/admin/erasures")).status).toBe(401);
  });
});
