/** Room for the longest text that is accepted, escaped as JSON escapes it, and what goes with it. */
const BYTES = 16_384;

const encoder = new TextEncoder();
const room = new Uint8Array(BYTES);

/**
 * A text in UTF-8: the first `length` of `bytes`. They lie in a buffer that the next text takes over, so they are used at once:
 * memory of its own for each would cost more than what is done with it.
 */
export function encoded(text: string): { bytes: Uint8Array; length: number } {
  const { read, written } = encoder.encodeInto(text, room);
  if (read === text.length) return { bytes: room, length: written };
  const bytes = encoder.encode(text);
  return { bytes, length: bytes.length };
}
