import { createHash } from "node:crypto";
import { canonicalJson } from "#contracts/canonical-json.ts";

/** Hex SHA-256 of bytes or of a UTF-8 text. */
export const sha256 = (data: Uint8Array | string): string => createHash("sha256").update(data).digest("hex");

/** Hex SHA-256 of a value's canonical JSON. */
export const digestOf = (value: unknown): string => sha256(canonicalJson(value));
