import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { type Blessing, type BlessingClaim, blessingText } from "#contracts/blessing.ts";
import { InputError } from "#contracts/errors.ts";
import { type Pointer, pointerText } from "#contracts/pointer.ts";

/** The pipeline's Ed25519 key: it vouches for models and pointers, and knows whom else to believe. */
export interface Signer {
  bless(claim: BlessingClaim): Blessing;
  signPointer(pointer: Pointer): Pointer;
  /** Whether this key, or one accepted beside it, made `signature` (base64url) over `text`. */
  verify(text: string, signature: string): boolean;
  /** Raw public keys, base64url, this one first: what the edge is given as `BLESSING_KEYS`. */
  publicKeys: string[];
}

/** A new private key, PKCS #8 in PEM. */
export const newSigningKey = (): string =>
  generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();

/**
 * @param pem private key, PKCS #8 in PEM
 * @param formerPem the key before it, whose signatures are still believed while keys are changed
 * @throws InputError where a text is no Ed25519 key
 */
export function createSigner(pem: string, formerPem?: string): Signer {
  const key = ed25519(pem);
  const trusted = [key, ...(formerPem === undefined ? [] : [ed25519(formerPem)])].map((one) => createPublicKey(one));
  const signed = (text: string): string => sign(null, Buffer.from(text), key).toString("base64url");
  return {
    bless: (claim) => ({ ...claim, signature: signed(blessingText(claim)) }),
    signPointer: (pointer) => ({ ...pointer, signature: signed(pointerText(pointer)) }),
    verify: (text, signature) =>
      trusted.some((one) => verify(null, Buffer.from(text), one, Buffer.from(signature, "base64url"))),
    publicKeys: trusted.map((one) => one.export({ format: "jwk" }).x as string),
  };
}

function ed25519(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // What the parser says of a broken key tells nobody what to do.
  }
  throw new InputError(
    "the signing key is no Ed25519 private key in PEM",
    "Make one with `openssl genpkey -algorithm ed25519`, or delete the home's file secrets/signing and start again.",
  );
}
