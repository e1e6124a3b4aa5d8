import { env } from "cloudflare:workers";
import { type Blessing, type BlessingClaim, blessingText } from "#contracts/blessing.ts";
import { type Pointer, pointerText } from "#contracts/pointer.ts";
import { toBase64Url } from "../base64url.ts";

const importPrivate = (base64: string): Promise<CryptoKey> => {
  const pkcs8 = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return crypto.subtle.importKey("pkcs8", pkcs8, { name: "Ed25519" }, false, ["sign"]);
};

/** A new pair: what signs, and the public half as `BLESSING_KEYS` has it. */
export async function newKey(): Promise<{ key: CryptoKey; publicKey: string }> {
  const pair = (await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"])) as CryptoKeyPair;
  const raw = (await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer;
  return { key: pair.privateKey, publicKey: toBase64Url(new Uint8Array(raw)) };
}

async function sign(text: string, key?: CryptoKey): Promise<string> {
  const by = key ?? (await importPrivate(env.SIGNING_KEY));
  return toBase64Url(new Uint8Array(await crypto.subtle.sign({ name: "Ed25519" }, by, new TextEncoder().encode(text))));
}

const CLAIM: Omit<BlessingClaim, "artefact"> = {
  schema: 1,
  evaluationSet: "e".repeat(64),
  code: "c".repeat(64),
  policy: "b".repeat(64),
  metrics: { top1: 0.5, n: 100 },
  at: "2026-01-02T03:04:05Z",
};

/** A blessing as the pipeline makes it, by the key of the tests or another. */
export async function bless(
  claim: Partial<BlessingClaim> & Pick<BlessingClaim, "artefact">,
  key?: CryptoKey,
): Promise<Blessing> {
  const whole = { ...CLAIM, ...claim };
  return { ...whole, signature: await sign(blessingText(whole), key) };
}

export const signPointer = async (pointer: Pointer, key?: CryptoKey): Promise<Pointer> => ({
  ...pointer,
  signature: await sign(pointerText(pointer), key),
});
