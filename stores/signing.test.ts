import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BlessingClaim } from "#contracts/blessing.ts";
import { InputError } from "#contracts/errors.ts";
import type { Pointer } from "#contracts/pointer.ts";
import { blessingFault, pointerFault } from "#policy/blessing.ts";
import { createSigner, newSigningKey } from "./signing.ts";

const digest = (letter: string) => letter.repeat(64);
const CLAIM: BlessingClaim = {
  schema: 1,
  artefact: digest("a"),
  evaluationSet: digest("e"),
  code: digest("c"),
  policy: digest("d"),
  metrics: { top1: 0.5, n: 384, rung: "coded" },
  at: "2026-01-02T03:04:05.000Z",
};
const POINTER: Pointer = {
  schema: 1,
  epoch: 3,
  current: { sha256: digest("a"), version: "v1.0.0" },
  experiments: [],
  salt: "s",
  cacheGeneration: 0,
};
const signer = createSigner(newSigningKey());

describe("a blessing", () => {
  it("covers what it is about and nothing else", async () => {
    const blessing = signer.bless(CLAIM);
    const { artefact, evaluationSet, code, policy } = CLAIM;
    expect(await blessingFault(blessing, { artefact, evaluationSet, code, policy }, signer.verify)).toBeUndefined();
    for (const about of ["artefact", "evaluationSet", "code", "policy"] as const) {
      const expected = { artefact, [about]: digest("f") };
      expect(await blessingFault(blessing, expected, signer.verify)).toContain("is for another");
    }
    expect(await blessingFault(undefined, { artefact }, signer.verify)).toContain("has no blessing");
  });

  it("is void once any of it is changed", async () => {
    const blessing = signer.bless(CLAIM);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...(Object.keys(blessing) as (keyof typeof blessing)[])),
        fc.oneof(fc.constant(digest("0")), fc.constant("2026-02-03T04:05:06Z"), fc.constant({ top1: 1 }), fc.string()),
        async (field, value) => {
          const changed = { ...blessing, [field]: value };
          const artefact = String(changed.artefact);
          expect(await blessingFault(changed, { artefact }, signer.verify)).toBeDefined();
        },
      ),
    );
  });

  it("does not depend on the order of its fields", async () => {
    const turned = Object.fromEntries(Object.entries(signer.bless(CLAIM)).reverse());
    expect(await blessingFault(turned, { artefact: CLAIM.artefact }, signer.verify)).toBeUndefined();
  });
});

describe("a signer", () => {
  it("believes itself and the key before it, and no stranger", async () => {
    const former = newSigningKey();
    const changed = createSigner(newSigningKey(), former);
    const expected = { artefact: CLAIM.artefact };
    expect(await blessingFault(createSigner(former).bless(CLAIM), expected, changed.verify)).toBeUndefined();
    expect(await blessingFault(changed.bless(CLAIM), expected, changed.verify)).toBeUndefined();
    expect(await blessingFault(signer.bless(CLAIM), expected, changed.verify)).toContain("not signed by a key");
    expect(changed.publicKeys).toHaveLength(2);
  });

  it("signs a pointer anew, whatever signature it bore", async () => {
    const signed = signer.signPointer({ ...POINTER, signature: "old" });
    expect(await pointerFault(signed, signer.verify)).toBeUndefined();
    expect(signer.signPointer(signed)).toEqual(signed);
    expect(await pointerFault({ ...signed, epoch: 4 }, signer.verify)).toContain("was changed since");
    expect(await pointerFault(POINTER, signer.verify)).toContain("not signed");
  });

  it("tells a blessing from a pointer: no signature serves for both", async () => {
    const { signature = "" } = signer.signPointer(POINTER);
    expect(await blessingFault({ ...CLAIM, signature }, { artefact: CLAIM.artefact }, signer.verify)).toBeDefined();
  });

  it("is not made of what is no Ed25519 key", () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 });
    const pem = rsa.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    for (const wrong of ["", "no key", pem]) expect(() => createSigner(wrong)).toThrow(InputError);
  });
});
