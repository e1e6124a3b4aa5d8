import type { Pointer } from "#contracts/pointer.ts";

export type Bucket = "current" | "canary";

/** Where a person stands in [0, 10000) under a salt: the same place always, and places of two salts are unrelated. */
export async function basisPoint(salt: string, person: string): Promise<number> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${salt}\n${person}`));
  // 32 bits over 10,000 places: the bias is under three in a million.
  return new DataView(digest).getUint32(0) % 10_000;
}

/**
 * Which model a person gets. Monotone in the canary's share: whoever has the canary at 5% has it at 25%.
 * Without a person (no userId, no sessionId) there is nothing to hold on to, so the answer is the current model's.
 */
export async function bucketOf(pointer: Pointer, person: string | undefined): Promise<Bucket> {
  if (pointer.canary === undefined || person === undefined) return "current";
  return (await basisPoint(pointer.salt, person)) < pointer.canary.basisPoints ? "canary" : "current";
}
