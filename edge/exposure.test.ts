import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { CHECK_PERSON, ExposureAnswer } from "#contracts/http.ts";
import type { Pointer } from "#contracts/pointer.ts";
import { artefactKey } from "./residents.ts";
import {
  ADMIN,
  type ColdEdge,
  freshStores,
  OTHER_MODEL,
  pointerTo,
  putBlessing,
  releasedEdge,
  TEXTS,
  upload,
} from "./test-support/harness.ts";
import { bless } from "./test-support/sign.ts";

let edge: ColdEdge & { sha256: string };
let canary: Pointer["canary"];

beforeEach(async () => {
  await freshStores();
  edge = await releasedEdge();
  canary = { sha256: await upload(OTHER_MODEL), version: "v1.0.2-rc1", basisPoints: 5000 };
});

const ask = (userId: string | undefined, headers: Record<string, string> = {}) =>
  edge.request("/api/classify", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ text: TEXTS[0], ...(userId ? { userId } : {}) }),
  });
const point = (epoch: number) => edge.putPointer(pointerTo(edge.sha256, epoch, canary ? { canary } : {}), epoch - 1);
/** Has the canary's model in memory: who asks while it loads is answered by another and counts for nothing. */
async function warmed() {
  for (let at = 0; at < 8; at += 1) await ask(`${CHECK_PERSON}${at}`);
}
async function exposure(from: number) {
  const response = await edge.admin(`/admin/exposure?from=${from}`);
  return Object.fromEntries(
    ExposureAnswer.parse(await response.json()).arms.map(({ arm, ...counts }) => [arm, counts]),
  );
}
const USERS = Array.from({ length: 40 }, (_, index) => `user-${index}`);

describe("exposure", () => {
  it("counts users, not requests, by the arm that the hash gave, each stage by itself", async () => {
    await point(2);
    await warmed();
    for (const user of USERS) await ask(user);
    for (let again = 0; again < 3; again += 1) await ask("user-0");
    const first = await exposure(2);
    const [current, rival] = [first["current"], first["canary"]];
    expect((current?.assigned ?? 0) + (rival?.assigned ?? 0)).toBe(USERS.length);
    expect(rival?.users).toBeGreaterThan(5);
    expect((current?.requests ?? 0) + (rival?.requests ?? 0)).toBe(USERS.length + 3);
    expect([current?.errors, rival?.errors]).toEqual([0, 0]);

    await point(3);
    await ask("user-0");
    const second = await exposure(3);
    expect(Object.values(second)).toEqual([{ assigned: 1, users: 1, usersWithError: 0, requests: 1, errors: 0 }]);
    const both = await exposure(2);
    expect((both["current"]?.users ?? 0) + (both["canary"]?.users ?? 0)).toBe(USERS.length);
  });

  it("writes nothing while no canary is out, and nothing of machines, checks and people without an id", async () => {
    await ask("user-0");
    await point(2);
    await ask(undefined);
    await ask(`${CHECK_PERSON}1`);
    await ask("user-0", { "user-agent": "Googlebot/2.1" });
    expect(await exposure(0)).toEqual({});
  });

  it("counts the canary's users as met by an error where its model cannot be loaded, though another answers them", async () => {
    const broken = "b".repeat(64);
    await env.ARTEFACTS.put(artefactKey(broken), "not what its name says");
    await putBlessing(broken, await bless({ artefact: broken }));
    canary = { sha256: broken, version: "v1.0.2-rc1", basisPoints: 5000 };
    await point(2);
    for (const user of USERS) expect((await ask(user)).status).toBe(200);
    const { canary: rival, current } = await exposure(2);
    expect(current?.usersWithError).toBe(0);
    // The first of them was answered by another while the canary was being looked for.
    expect(rival?.usersWithError).toBeGreaterThanOrEqual((rival?.assigned ?? 0) - 1);
    expect(rival?.assigned).toBeGreaterThan(5);
  });

  it("forgets what an earlier rollout counted, and whom a user asked it to forget", async () => {
    await point(2);
    await warmed();
    await ask("user-0");
    await ask("user-1");
    await edge.request("/api/users/user-1", { method: "DELETE", headers: ADMIN });
    expect(Object.values(await exposure(0)).reduce((sum, { users }) => sum + users, 0)).toBe(1);
    const response = await edge.request("/admin/exposure?before=3", { method: "DELETE", headers: ADMIN });
    expect(await response.json()).toEqual({ forgotten: 1 });
    expect(await exposure(0)).toEqual({});
  });

  it("is the admin's to read", async () => {
    expect((await edge.request("/admin/exposure?from=0")).status).toBe(401);
    expect((await edge.admin("/admin/exposure?from=x")).status).toBe(400);
  });
});
