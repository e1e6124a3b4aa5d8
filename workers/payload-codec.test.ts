import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultPayloadConverter, type Payload } from "@temporalio/common";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { payloadCodec, payloadOptions } from "./payload-codec.ts";

const old = { id: "2026-10", key: "0a".repeat(32) };
const current = { id: "2026-11", key: "0b".repeat(32) };
const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value) as Payload;
const read = (payload: Payload | undefined): unknown => defaultPayloadConverter.fromPayload(payload as Payload);

describe("the payload codec", () => {
  it("gives back what it was given, whatever it is, and shows nothing of it", async () => {
    const codec = payloadCodec([current]);
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const payloads = [payloadOf(value), payloadOf("second")];
        const encoded = await codec.encode(payloads);
        expect((await codec.decode(encoded)).map(read)).toEqual(payloads.map(read));
      }),
    );
    const [hidden] = await codec.encode([payloadOf({ text: "私は困っている" })]);
    expect(Buffer.from(hidden?.data ?? []).includes("困")).toBe(false);
    expect(JSON.stringify(hidden?.metadata)).not.toContain("json");
  });

  it("never encrypts twice alike", async () => {
    const codec = payloadCodec([current]);
    const [one, two] = await codec.encode([payloadOf("same"), payloadOf("same")]);
    expect(Buffer.from(one?.data ?? []).equals(Buffer.from(two?.data ?? []))).toBe(false);
  });

  it("reads by the old key after a change, and what was written before there was one", async () => {
    const before = await payloadCodec([old]).encode([payloadOf("old")]);
    const codec = payloadCodec([current, old]);
    expect((await codec.decode([...before, payloadOf("plain")])).map(read)).toEqual(["old", "plain"]);
    const after = await codec.encode([payloadOf("new")]);
    await expect(payloadCodec([old]).decode(after)).rejects.toThrow(/key "2026-11", which is not known/);
  });

  it("refuses any changed byte", async () => {
    const codec = payloadCodec([current]);
    const [payload] = await codec.encode([payloadOf({ a: 1 })]);
    const bytes = Buffer.from(payload?.data ?? []);
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 1;
      await expect(codec.decode([{ ...payload, data: changed }])).rejects.toThrow(/changed or cut off/);
    }
    await expect(codec.decode([{ ...payload, data: bytes.subarray(0, 20) }])).rejects.toThrow(/changed or cut off/);
  });
});

describe("its keys", () => {
  it("come from a file, or there is no codec", () => {
    const folder = mkdtempSync(join(tmpdir(), "haqei-keys-"));
    const file = join(folder, "keys.json");
    const options = () => payloadOptions({ HAQEI_PAYLOAD_KEYS_FILE: file });
    try {
      expect(payloadOptions({})).toEqual({});
      expect(options).toThrow(/holds no keys/);
      for (const wrong of ["[]", "{}", '[{"id":"a","key":"short"}]', JSON.stringify([current, current])]) {
        writeFileSync(file, wrong);
        expect(options).toThrow(/holds no keys/);
      }
      writeFileSync(file, JSON.stringify([current, old]));
      expect(options().dataConverter?.payloadCodecs).toHaveLength(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
