import type { ZodType } from "zod";
import { HttpError } from "./http-error.ts";

const tooLarge = (limit: number) =>
  new HttpError(413, "BodyTooLarge", `the body is over its limit of ${limit} bytes: send less, or in several requests`);

/** Reads a body up to `limit` bytes and no further: a length may be claimed wrongly, or not at all. */
async function readBounded(request: Request, limit: number): Promise<Uint8Array> {
  const claimed = request.headers.get("content-length");
  if (Number(claimed ?? 0) > limit) throw tooLarge(limit);
  // The runtime ends a body at the length it was announced with, and reads it at once for a third of what its chunks cost.
  if (claimed !== null) return new Uint8Array(await request.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/**
 * The request's body as JSON, bounded before it is parsed.
 *
 * @param limit in bytes
 * @throws HttpError 415 not JSON by its type, 413 over the limit, 400 not UTF-8 or not JSON
 */
export async function readJson(request: Request, limit: number): Promise<unknown> {
  const given = request.headers.get("content-type");
  if (given !== "application/json" && given?.split(";", 1)[0]?.trim().toLowerCase() !== "application/json") {
    throw new HttpError(415, "UnsupportedMediaType", "send JSON, with content-type: application/json");
  }
  const bytes = await readBounded(request, limit);
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    throw new HttpError(400, "InvalidJson", "the body is not valid JSON in UTF-8");
  }
}

/** @throws HttpError 400 with the first field that breaks the schema */
export function parse<T>(schema: ZodType<T>, value: unknown, prefix = ""): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = [prefix, ...(issue?.path ?? [])].filter((part) => part !== "").join(".");
  throw new HttpError(400, "InvalidRequest", issue?.message ?? "the request breaks its schema", {
    field: field === "" ? undefined : field,
  });
}
