import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Output } from "./commands/judge.ts";
import { main } from "./main.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "haqei-judge-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

async function call(...args: string[]) {
  let [out, err] = ["", ""];
  const streams = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    isTerminal: false,
  };
  return { exit: await main(["judge", ...args], streams), out: () => out, err: () => err };
}

const counts = {
  stage: { share: 0.25, hours: 12, plannedHours: 12 },
  canary: { users: 400, usersWithError: 30, requests: 4100, errors: 50 },
  stable: { users: 1210, usersWithError: 9, requests: 12_100, errors: 12 },
  assigned: { canary: 400, stable: 1210 },
  accuracy: { n: 400, worse: 9, better: 6 },
};

test("one verdict with its evidence, by the default policy", async () => {
  const { exit, out } = await call("--data", file("data.json", counts), "--json");
  expect(exit).toBe(0);
  const verdict = Output.parse(JSON.parse(out()));
  expect(verdict).toMatchObject({ action: "rollback", reason: "errors-worse", evidence: { canary_users: 400 } });
  expect(verdict.policyDigest).toMatch(/^[0-9a-f]{64}$/);
});

test("the policy decides, and its digest is the same however it is written", async () => {
  const data = file("data.json", counts);
  const lax = { alpha: 0.15, rollback_threshold: { error_rate: 0.2 } };
  const [verdict, written] = await Promise.all([
    call("--data", data, "--policy", file("policy.json", lax), "--json"),
    call("--data", data, "--policy", file("other.json", { rollback_threshold: { error_rate: 0.2 } }), "--json"),
  ]);
  expect(JSON.parse(verdict.out())).toMatchObject({ action: "hold", reason: "no-latency" });
  expect(JSON.parse(written.out()).policyDigest).toBe(JSON.parse(verdict.out()).policyDigest);
});

test("an empty file of counts is a hold, told to people with its reason", async () => {
  const { exit, out } = await call("--data", file("data.json", {}));
  expect(exit).toBe(0);
  expect(out()).toMatch(/^hold: no-data\n/);
});

test.each<[string, unknown, RegExp]>([
  ["a count below 0", { canary: { users: -1, usersWithError: 0 } }, /canary\.users/],
  ["a part of a part that is missing", { canary: { users: 5 } }, /canary\.usersWithError/],
  ["more errors than users", { stable: { users: 5, usersWithError: 6 } }, /stable\.usersWithError: more users/],
  ["a name that is none", { acuracy: { n: 1, worse: 0, better: 0 } }, /acuracy: is no field/],
  [
    "a fault in a finished stage",
    { earlier: [{ accuracy: { n: 1, worse: 2, better: 0 } }] },
    /earlier\.0\.accuracy\.n/,
  ],
  ["a latency that is no number", { latency: { canary: ["fast"], stable: [] } }, /latency\.canary\.0/],
  ["a list", [], /data: /],
  ["no JSON", "{", /not JSON/],
])("%s is told with its place", async (_what, data, message) => {
  const { exit, out } = await call("--data", file("data.json", data), "--json");
  expect(exit).toBe(2);
  expect(JSON.parse(out()).error).toMatchObject({ name: "InputError", message: expect.stringMatching(message) });
});

test("so is a fault of the policy, and a file that is not there", async () => {
  const data = file("data.json", counts);
  const wrong = await call(
    "--data",
    data,
    "--policy",
    file("policy.json", { stages: [{ percentage: 5, duration: "6h" }] }),
    "--json",
  );
  expect(wrong.exit).toBe(2);
  expect(JSON.parse(wrong.out()).error).toMatchObject({
    message: expect.stringMatching(/policy\.json is wrong: stages: .*100/),
    hint: expect.stringContaining("release part"),
  });
  const absent = await call("--data", join(folder, "nowhere.json"), "--json");
  expect(absent.exit).toBe(2);
  expect(JSON.parse(absent.out()).error.message).toMatch(/nowhere\.json/);
});
