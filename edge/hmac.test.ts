import fc from "fast-check";
import { expect, it } from "vitest";
import { hmacSha256 } from "./hmac.ts";

it("gives the bytes that the platform's HMAC-SHA-256 gives, for keys and messages of any length", async () => {
  const bytes = (minLength: number) => fc.uint8Array({ minLength, maxLength: 300, size: "max" });
  await fc.assert(
    fc.asyncProperty(bytes(1), bytes(0), async (key, message) => {
      const algorithm = { name: "HMAC", hash: "SHA-256" };
      const platform = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
      const expected = new Uint8Array(await crypto.subtle.sign("HMAC", platform, message));
      expect(hmacSha256(key)(message)).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});
