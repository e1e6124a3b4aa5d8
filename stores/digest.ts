import { createHash } from "node:crypto";

/** Hex SHA-256 of bytes or of a UTF-8 text. */
export const sha256 = (data: Uint8Array | string): string => createHash("sha256").update(data).digest("hex");

/** JSON with keys in order, so that equal values have equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}

/** Hex SHA-256 of a value's canonical JSON. */
export const digestOf = (value: unknown): string => sha256(canonicalJson(value));
