import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Payload, PayloadCodec } from "@temporalio/common";
// CommonJS without names that Node can see: a named import works in tests only.
import proto from "@temporalio/proto";
import { z } from "zod";
import { InputError } from "#contracts/errors.ts";

const ENCODING = "binary/encrypted";
const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/** Keys by id, 32 bytes in hex; the first encrypts, all decrypt: a new key is put first, an old one stays until its runs are gone. */
const Keys = z
  .array(z.strictObject({ id: z.string().min(1), key: z.string().regex(/^[0-9a-f]{64}$/, "32 bytes in hex") }))
  .min(1)
  .refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length, "each id once");
type Keys = z.infer<typeof Keys>;

/**
 * Encrypts what workflows and activities hand one another, whole with its metadata, by AES-256-GCM under the first key, and decrypts by
 * the key that a payload names. What was written before there was a key is read as it is.
 */
export function payloadCodec(keys: Keys): PayloadCodec {
  const [newest] = keys as [Keys[number]];
  const byId = new Map(keys.map(({ id, key }) => [id, Buffer.from(key, "hex")]));
  return {
    encode: async (payloads) =>
      payloads.map((payload) => {
        const nonce = randomBytes(NONCE_BYTES);
        const cipher = createCipheriv(CIPHER, Buffer.from(newest.key, "hex"), nonce);
        const text = Buffer.concat([cipher.update(PayloadMessage.encode(payload).finish()), cipher.final()]);
        return {
          metadata: { encoding: Buffer.from(ENCODING), "key-id": Buffer.from(newest.id) },
          data: Buffer.concat([nonce, cipher.getAuthTag(), text]),
        };
      }),
    decode: async (payloads) => payloads.map((payload) => decoded(payload, byId)),
  };
}

function decoded(payload: Payload, byId: ReadonlyMap<string, Buffer>): Payload {
  const { metadata, data } = payload;
  if (text(metadata?.encoding) !== ENCODING) return payload;
  const id = text(metadata?.["key-id"]);
  const key = byId.get(id);
  if (key === undefined)
    throw new InputError(
      `a payload was encrypted by the key "${id}", which is not known here`,
      "Give the workers and the command line all keys whose runs are still kept (HAQEI_PAYLOAD_KEYS_FILE).",
    );
  const bytes = Buffer.from(data ?? []);
  try {
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const plain = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    return PayloadMessage.decode(plain);
  } catch (cause) {
    throw new InputError(`a payload under the key "${id}" was changed or cut off`, "It cannot be read.", { cause });
  }
}

const text = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString();

/**
 * What a client or worker is made with: the codec where `HAQEI_PAYLOAD_KEYS_FILE` names a file of keys, nothing else.
 * @throws InputError where the file holds no keys
 */
export function payloadOptions(env: NodeJS.ProcessEnv = process.env): {
  dataConverter?: { payloadCodecs: PayloadCodec[] };
} {
  const file = env["HAQEI_PAYLOAD_KEYS_FILE"];
  if (!file) return {};
  let keys: Keys;
  try {
    keys = Keys.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new InputError(
      `${file} holds no keys: ${(cause as Error).message}`,
      'A JSON list, newest first: [{"id": "2026-11", "key": "64 hex digits"}].',
      { cause },
    );
  }
  return { dataConverter: { payloadCodecs: [payloadCodec(keys)] } };
}
