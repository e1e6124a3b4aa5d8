const DIGITS = new TextEncoder().encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
const decoder = new TextDecoder();

/** Writes the first `length` bytes as base64url, in ASCII, into `target` from `at` on, and answers where it ends. */
export function writeBase64Url(bytes: Uint8Array, length: number, target: Uint8Array, at: number): number {
  let end = at;
  const put = (bits: number) => {
    target[end] = DIGITS[bits & 63] as number;
    end += 1;
  };
  for (let from = 0; from < length; from += 3) {
    const left = length - from;
    const [a, b, c] = [
      bytes[from] as number,
      left > 1 ? (bytes[from + 1] as number) : 0,
      left > 2 ? (bytes[from + 2] as number) : 0,
    ];
    const word = (a << 16) | (b << 8) | c;
    put(word >>> 18);
    put(word >>> 12);
    if (left > 1) put(word >>> 6);
    if (left > 2) put(word);
  }
  return end;
}

/** Bytes that base64url takes. */
export const base64UrlLength = (bytes: number): number => Math.ceil((bytes * 4) / 3);

export function toBase64Url(bytes: Uint8Array): string {
  const written = new Uint8Array(base64UrlLength(bytes.length));
  writeBase64Url(bytes, bytes.length, written, 0);
  return decoder.decode(written);
}

/** The bytes, or undefined where the text is no base64url. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}
