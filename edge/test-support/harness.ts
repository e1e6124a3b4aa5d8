import {
  applyD1Migrations,
  createExecutionContext,
  type D1Migration,
  reset,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { blessingName } from "#contracts/blessing.ts";
import type { Pointer } from "#contracts/pointer.ts";
import type { Readings } from "#contracts/readings.ts";
import { createEdge } from "../index.ts";
import { hex } from "../keys.ts";
import { artefactKey } from "../residents.ts";
import { bless, signPointer } from "./sign.ts";
import { tinyModel } from "./tiny-model.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      MIGRATIONS: D1Migration[];
      /** PKCS #8 in base64: the private half of `BLESSING_KEYS`. */
      SIGNING_KEY: string;
    }
  }
}

export const TEXTS = ["仕事を辞めて独立したい", "好きな人に告白するか迷う", "親の介護で疲れている", "試験の前で不安だ"];
export const MODEL: Uint8Array<ArrayBuffer> = tinyModel(TEXTS);
/** Knows the same classes by other texts, so that the two can be told apart. */
export const OTHER_MODEL = tinyModel([...TEXTS].reverse());
export const NO_MODEL = new ArrayBuffer(0);

const READINGS: Readings = {
  schema: 1,
  lines: [1, 2, 3].map((id) => ({
    id,
    hexagram: 1,
    position: id,
    label: `第${id}`,
    names: { ja: "乾為天", en: "Initiative", zh: "乾为天" },
    stage: { ja: "力はあるが水面下にいる" },
    shin: { ja: `真${id}`, en: `truth ${id}` },
    hen: { ja: `変${id}` },
    changedTo: 44,
  })),
};

/** Empties all stores and makes the tables again. */
export async function freshStores(): Promise<void> {
  await reset();
  await applyD1Migrations(env.LOG, env.MIGRATIONS);
}

/** An edge as a new isolate has it, with bindings that a test may replace and change. */
export function coldEdge(
  bundledModel: ArrayBuffer = NO_MODEL,
  bindings: Partial<Env> = {},
  bundledDictionary: ArrayBuffer = NO_MODEL,
) {
  const edge = createEdge(bundledModel, bundledDictionary);
  /** The answer, and when the work behind it is done. */
  async function begin(path: string, init: RequestInit = {}): Promise<{ response: Response; settled: Promise<void> }> {
    const context = createExecutionContext();
    const response = await edge.fetch(new Request(`https://edge.test${path}`, init), { ...env, ...bindings }, context);
    return { response, settled: waitOnExecutionContext(context) };
  }
  async function request(path: string, init: RequestInit = {}): Promise<Response> {
    const { response, settled } = await begin(path, init);
    const bytes = await response.arrayBuffer();
    await settled;
    return new Response(bytes, response);
  }
  const json = (method: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
    request(path, { method, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });
  return {
    begin,
    request,
    post: (path: string, body: unknown) => json("POST", path, body),
    admin: (path: string) => request(path, { headers: ADMIN }),
    /** Puts the pointer, signed as the pipeline signs it. */
    putPointer: async (pointer: Pointer, expected: number) =>
      json("PUT", "/admin/pointer", await signPointer(pointer), { ...ADMIN, "if-match": String(expected) }),
    /** Puts what is given as it is. */
    putRaw: (pointer: unknown, expected: number) =>
      json("PUT", "/admin/pointer", pointer, { ...ADMIN, "if-match": String(expected) }),
  };
}

export type ColdEdge = ReturnType<typeof coldEdge>;

export const ADMIN = { authorization: `Bearer ${env.ADMIN_SECRET}` };

/** Puts bytes where the edge looks for them, blessed, and answers their digest. */
export async function upload(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const sha256 = await uploadUnblessed(bytes);
  await putBlessing(sha256, await bless({ artefact: sha256 }));
  return sha256;
}

export async function uploadUnblessed(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const sha256 = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  await env.ARTEFACTS.put(artefactKey(sha256), bytes);
  return sha256;
}

export async function putBlessing(sha256: string, blessing: unknown): Promise<void> {
  await env.ARTEFACTS.put(blessingName(sha256), JSON.stringify(blessing));
}

const uploadReadings = (): Promise<string> =>
  upload(new Uint8Array(new TextEncoder().encode(JSON.stringify(READINGS))));

export const pointerTo = (sha256: string, epoch: number, more: Partial<Pointer> = {}): Pointer => ({
  schema: 1,
  epoch,
  current: { sha256, version: `v1.0.${epoch}` },
  experiments: [],
  salt: "salt",
  cacheGeneration: 0,
  ...more,
});

/** An edge that serves `MODEL` with readings at epoch 1, and the model's digest. */
export async function releasedEdge(bindings: Partial<Env> = {}): Promise<ColdEdge & { sha256: string }> {
  const edge = coldEdge(NO_MODEL, bindings);
  const [sha256, readings] = await Promise.all([upload(MODEL), uploadReadings()]);
  await edge.putPointer(pointerTo(sha256, 1, { readings }), 0);
  return { ...edge, sha256 };
}
