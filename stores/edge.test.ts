import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { BlessingError, ConflictError, InputError, NotReachableError } from "#contracts/errors.ts";
import { type Pointer, pointerText } from "#contracts/pointer.ts";
import { createEdgeClient } from "./edge.ts";
import { createSigner, newSigningKey } from "./signing.ts";

const SIGNER = createSigner(newSigningKey());

const POINTER: Pointer = {
  schema: 1,
  epoch: 2,
  current: { sha256: "a".repeat(64), version: "v1" },
  experiments: [],
  salt: "salt",
  cacheGeneration: 0,
};

let server: Server | undefined;
afterEach(() => server?.close());

/** A client of an edge that answers as `listener` says. */
async function clientOf(listener: RequestListener) {
  server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server?.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return createEdgeClient({ url: `http://127.0.0.1:${port}`, adminSecret: "secret" }, SIGNER);
}

const answering = (status: number, body: unknown, headers: Record<string, string> = {}): RequestListener => {
  return (_, response) =>
    response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
};
const failing = (status: number, name: string) => answering(status, { error: { name, message: `it is ${name}` } });

describe("the edge's client", () => {
  it("reads raw lines, the poisoned ones too, and where to go on", async () => {
    const client = await clientOf((request, response) => {
      expect(request.url).toBe("/admin/events?after=3&limit=10");
      expect(request.headers.authorization).toBe("Bearer secret");
      response.writeHead(200, { "x-next": "5" }).end('{"seq":4}\n{broken\n');
    });
    expect(await client.events(3, 10)).toEqual({ lines: ['{"seq":4}', "{broken"], next: 5 });
  });

  it("does not take a log for read that does not say where it goes on", async () => {
    const client = await clientOf(answering(200, "{}\n"));
    await expect(client.events(0, 10)).rejects.toThrow(NotReachableError);
  });

  it("reads deletions page by page, until one is not full", async () => {
    const asked: string[] = [];
    const client = await clientOf((request, response) => {
      asked.push(request.url ?? "");
      const after = Number(new URL(request.url ?? "", "http://edge").searchParams.get("after"));
      const rows = Array.from({ length: after === 0 ? 1000 : 2 }, (_, index) => ({
        seq: after + index + 1,
        at: 1,
        user: "u",
        lastSeq: 5,
      }));
      response.writeHead(200).end(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    });
    const erasures = await client.erasures();
    expect(erasures.map(({ seq }) => seq)).toEqual(Array.from({ length: 1002 }, (_, index) => index + 1));
    expect(asked).toEqual(["/admin/erasures?after=0&limit=1000", "/admin/erasures?after=1000&limit=1000"]);
    server?.close();
    await expect((await clientOf(answering(200, '{"seq":1}\n'))).erasures()).rejects.toThrow(NotReachableError);
  });

  it("tells no pointer from no edge", async () => {
    expect(await (await clientOf(failing(404, "PointerNotFound"))).pointer()).toBeUndefined();
    server?.close();
    await expect((await clientOf(answering(404, "nothing here"))).pointer()).rejects.toThrow(NotReachableError);
  });

  it("moves the pointer, saying which epoch it expects", async () => {
    const client = await clientOf((request, response) => {
      expect([request.method, request.headers["if-match"]]).toEqual(["PUT", "1"]);
      let text = "";
      request.on("data", (chunk) => {
        text += chunk;
      });
      request.on("end", () => {
        const { signature } = JSON.parse(text);
        response.writeHead(SIGNER.verify(pointerText(POINTER), signature) ? 200 : 403).end(text);
      });
    });
    await client.putPointer(POINTER, 1);
    // What was signed before is signed anew.
    await client.putPointer({ ...POINTER, signature: "of another epoch" }, 1);
  });

  it("throws BlessingError where the edge says so, and where there is no key to sign with", async () => {
    const client = await clientOf(failing(403, "BlessingError"));
    await expect(client.putPointer(POINTER, 1)).rejects.toThrow(BlessingError);
    const asking = createEdgeClient({ url: "http://127.0.0.1:1", adminSecret: "secret" });
    await expect(asking.putPointer(POINTER, 1)).rejects.toThrow(BlessingError);
  });

  it("throws ConflictError where the epoch is another", async () => {
    const client = await clientOf(failing(409, "Conflict"));
    await expect(client.putPointer(POINTER, 1)).rejects.toThrow(ConflictError);
  });

  it.each([400, 401, 413])("throws InputError with what a %i says", async (status) => {
    const client = await clientOf(failing(status, "Refused"));
    await expect(client.putPointer(POINTER, 1)).rejects.toThrow(InputError);
    await expect(client.putPointer(POINTER, 1)).rejects.toThrow("it is Refused");
  });

  it.each([500, 503, 429])("throws NotReachableError at a %i", async (status) => {
    const client = await clientOf(failing(status, "Away"));
    await expect(client.release()).rejects.toThrow(NotReachableError);
  });

  it("throws NotReachableError where nothing listens, or something else does", async () => {
    const nobody = createEdgeClient({ url: "http://127.0.0.1:1", adminSecret: "secret" });
    await expect(nobody.health()).rejects.toThrow(NotReachableError);
    const other = await clientOf(answering(200, "<html>"));
    await expect(other.health()).rejects.toThrow(NotReachableError);
  });

  it("warms in parts, the one by which the set is found last", async () => {
    const bodies: { queries: string[]; part: number; parts: number }[] = [];
    const client = await clientOf((request, response) => {
      let text = "";
      request.on("data", (chunk) => {
        text += chunk;
      });
      request.on("end", () => {
        const body = JSON.parse(text);
        bodies.push(body);
        response.writeHead(200).end(JSON.stringify({ model: "m", warmed: body.queries.length }));
      });
    });
    const queries = Array.from({ length: 120 }, (_, index) => `query ${index}`);
    expect(await client.warm(queries)).toBe(120);
    expect(bodies.map(({ part, parts }) => [part, parts])).toEqual([
      [2, 3],
      [1, 3],
      [0, 3],
    ]);
    expect(bodies.reverse().flatMap((body) => body.queries)).toEqual(queries);
    expect(await client.warm([])).toBe(0);
    await expect(client.warm(Array.from({ length: 2001 }, () => "x"))).rejects.toThrow(InputError);
  });

  it("reads the health of an edge that is not well", async () => {
    const ill = { ok: false, model: null, epoch: 0, version: null, loaded: false, fallback: false, uptimeSeconds: 1 };
    expect(await (await clientOf(answering(503, ill))).health()).toEqual(ill);
  });
});
