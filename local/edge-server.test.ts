import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NotFoundError } from "#contracts/errors.ts";
import type { Pointer } from "#contracts/pointer.ts";
import { tinyModel } from "#edge/test-support/tiny-model.ts";
import { createEdgeClient, type EdgeLocation } from "#stores/edge.ts";
import { localEdgeBucket } from "#stores/edge-bucket.ts";
import { s3Artefacts } from "#stores/s3-artefacts.ts";
import { createSigner, newSigningKey } from "#stores/signing.ts";
import { EDGE_FOLDER } from "./edge-bundle.ts";
import { startEdge } from "./edge-server.ts";
import { blessedBy } from "./test-support/blessed.ts";

const SECRET = "secret-of-tests";
const SIGNER = createSigner(newSigningKey());
const BLESSING_KEYS = SIGNER.publicKeys.join(",");
const TEXTS = ["仕事を辞めて独立したい", "好きな人に告白するか迷う", "親の介護で疲れている"];
const PROVENANCE = { producedBy: "test", parents: [], codeDigest: "", configDigest: "", metrics: {} };

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "haqei-edge-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(50);
}

async function post<T>(url: string, body: unknown): Promise<T> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  return (await response.json()) as T;
}

/** Uploads a model as the offline half does, and points to it. */
async function release(location: EdgeLocation): Promise<string> {
  const artefacts = s3Artefacts(localEdgeBucket(location));
  const { sha256 } = await artefacts.put("model", tinyModel(TEXTS), PROVENANCE);
  await artefacts.bless(blessedBy(SIGNER, sha256));
  const current = { sha256, version: "v1.0.0" };
  const pointer: Pointer = { schema: 1, epoch: 1, current, experiments: [], salt: "salt", cacheGeneration: 0 };
  await createEdgeClient(location, SIGNER).putPointer(pointer, 0);
  return sha256;
}

async function giveFeedback(url: string, id: string): Promise<{ accepted: number; duplicates: number }> {
  const { eventId } = await post<{ eventId: string }>(`${url}/api/classify`, { text: TEXTS[1], consent: true });
  return post(`${url}/api/feedback`, { id, eventId, type: "thumb", at: Date.now(), value: 1 });
}

describe("the edge on one machine", () => {
  it("serves what was uploaded over S3, and holds pointer, artefacts and log over a restart", {
    timeout: 60_000,
  }, async () => {
    const options = { persistence: home, adminSecret: SECRET, port: 0, vars: { BLESSING_KEYS } };
    const first = await startEdge(options);
    const location = { url: first.url, adminSecret: SECRET };
    let sha256: string;
    try {
      sha256 = await release(location);
      expect(await createEdgeClient(location).health()).toMatchObject({
        ok: true,
        model: sha256,
        epoch: 1,
        loaded: true,
      });
      expect(await giveFeedback(first.url, "one")).toMatchObject({ accepted: 1 });
    } finally {
      await first.stop();
    }
    expect(alive(first.workerdPid())).toBe(false);

    const second = await startEdge(options);
    try {
      const again = { url: second.url, adminSecret: SECRET };
      const client = createEdgeClient(again);
      expect(await client.health()).toMatchObject({ model: sha256, epoch: 1 });
      expect(await giveFeedback(second.url, "one")).toMatchObject({ accepted: 0, duplicates: 1 });
      expect(await giveFeedback(second.url, "two")).toMatchObject({ accepted: 1 });
      const { lines, next } = await client.events(0, 100);
      expect(lines.map((line) => JSON.parse(line))).toMatchObject([
        { seq: 1, id: "one", served: { model: sha256, text: TEXTS[1] } },
        { id: "two" },
      ]);
      expect(await client.events(next, 100)).toEqual({ lines: [], next });
      const artefacts = s3Artefacts(localEdgeBucket(again));
      expect(await artefacts.has({ sha256 })).toBe(true);
      await expect(artefacts.get({ sha256: "0".repeat(64) })).rejects.toThrow(NotFoundError);
      expect(await artefacts.list()).toMatchObject([{ manifest: { sha256 } }]);
      await artefacts.remove({ sha256 });
      expect(await artefacts.list()).toMatchObject([{ manifest: { sha256 }, storedAt: undefined }]);
    } finally {
      await second.stop();
    }
  });
});

describe("the edge with a queue", () => {
  it("says 202 of what the queue has, and has it in the log once, a moment later", { timeout: 60_000 }, async () => {
    const vars = { BLESSING_KEYS, EVENT_WRITES_AT_ONCE: "0" };
    const edge = await startEdge({ persistence: home, adminSecret: SECRET, port: 0, vars, queue: true });
    try {
      const location = { url: edge.url, adminSecret: SECRET };
      await release(location);
      for (const id of ["one", "two", "one"])
        expect(await giveFeedback(edge.url, id)).toEqual({ accepted: 1, duplicates: 0, rejected: [], queued: 1 });
      const client = createEdgeClient(location);
      const ids = async () => (await client.events(0, 10)).lines.map((line) => JSON.parse(line).id as string);
      await until(async () => (await ids()).length === 2);
      expect((await ids()).sort()).toEqual(["one", "two"]);
    } finally {
      await edge.stop();
    }
  });
});

/** Starts the process entry and waits for its ready line. */
async function startProcess() {
  const secretFile = join(home, "secret");
  await writeFile(secretFile, `${SECRET}\n`);
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "edge-process.ts")],
    {
      env: {
        ...process.env,
        HAQEI_HOME: home,
        HAQEI_ADMIN_SECRET_FILE: secretFile,
        HAQEI_EDGE_PORT: "0",
        HAQEI_BLESSING_KEYS: BLESSING_KEYS,
      },
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    },
  );
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const line = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> });
  const ready = JSON.parse((await line[Symbol.asyncIterator]().next()).value as string);
  return { child, exited, url: ready.endpoints.edge.url as string };
}

/** Processes that workerd's guard or Miniflare left: those whose parent is this one. */
const childrenOf = async (pid: number): Promise<number[]> => {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid="]);
  return stdout
    .trim()
    .split("\n")
    .map((row) => row.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child as number);
};

describe("the edge as a process", () => {
  it("leaves no workerd when it is killed, and loses no accepted event", { timeout: 60_000 }, async () => {
    const first = await startProcess();
    await release({ url: first.url, adminSecret: SECRET });
    expect(await giveFeedback(first.url, "kept")).toMatchObject({ accepted: 1 });
    const children = await childrenOf(first.child.pid as number);
    expect(children.length).toBeGreaterThan(0);
    first.child.kill("SIGKILL");
    await first.exited;
    await until(() => children.every((pid) => !alive(pid)));

    const second = await startProcess();
    const client = createEdgeClient({ url: second.url, adminSecret: SECRET });
    expect((await client.events(0, 10)).lines.map((line) => JSON.parse(line).id)).toEqual(["kept"]);
    second.child.kill("SIGTERM");
    expect(await second.exited).toBe(0);
  });

  it("ends when its parent lets go of it", { timeout: 30_000 }, async () => {
    const { child, exited } = await startProcess();
    const children = await childrenOf(child.pid as number);
    child.disconnect();
    expect(await exited).toBe(0);
    await until(() => children.every((pid) => !alive(pid)));
  });
});

describe("the Worker's project", () => {
  const wrangler = (...args: string[]) =>
    promisify(execFile)(
      process.execPath,
      [join(EDGE_FOLDER, "..", "node_modules", "wrangler", "bin", "wrangler.js"), ...args],
      { cwd: EDGE_FOLDER, env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1" } },
    );

  it("has types that agree with its configuration", { timeout: 60_000 }, async () => {
    await expect(wrangler("types", "--check")).resolves.toMatchObject({
      stdout: expect.stringContaining("up to date"),
    });
  });

  it.each(["preview", "production"])(
    "would deploy to %s, under 1 MB, with all that the laptop has",
    {
      timeout: 60_000,
    },
    async (environment) => {
      const out = join(home, environment);
      const { stdout, stderr } = await wrangler("deploy", "--dry-run", "--env", environment, "--outdir", out);
      expect(stderr).not.toContain("WARNING");
      expect(existsSync(join(out, "index.js"))).toBe(true);
      const [, size, unit] = /Total Upload: ([\d.]+) (KiB|MiB)/.exec(stdout) ?? [];
      expect(Number(size) * (unit === "MiB" ? 1024 : 1)).toBeLessThan(1024);
    },
  );

  it("has for each environment what the laptop has, under names of its own", async () => {
    const { env, ...laptop } = JSON.parse(
      (await readFile(join(EDGE_FOLDER, "wrangler.jsonc"), "utf8")).replace(/^\s*\/\/.*$/gm, ""),
    );
    expect(Object.keys(env)).toEqual(["preview", "production"]);
    for (const [name, own] of Object.entries<typeof laptop>(env)) {
      expect(own.vars).toEqual(laptop.vars);
      expect(own.secrets).toEqual(laptop.secrets);
      for (const kind of ["d1_databases", "kv_namespaces", "r2_buckets"]) {
        const bindings = (of: { binding: string }[]) => of.map(({ binding }) => binding);
        expect(bindings(own[kind])).toEqual(bindings(laptop[kind]));
        expect(JSON.stringify(own[kind])).toContain(`-${name}"`);
      }
      expect(own.ratelimits[0].name).toBe(laptop.ratelimits[0].name);
      // A local queue is in memory: 202 would be said of what a crash loses.
      expect(laptop.queues).toBeUndefined();
      const queue = `haqei-events-${name}`;
      expect(own.queues.producers).toEqual([{ binding: "EVENTS", queue }]);
      expect(own.queues.consumers).toMatchObject([{ queue, dead_letter_queue: `${queue}-dead` }]);
    }
    expect(laptop.limits).toEqual({ cpu_ms: 50 });
  });
});
