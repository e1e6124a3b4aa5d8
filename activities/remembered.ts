/** The last answer of `read` for so many ms, so that who asks often does not ask everybody each time. */
export function remembered<T>(read: () => Promise<T>, ms: number, now: () => number = Date.now): () => Promise<T> {
  let last: { at: number; value: Promise<T> } | undefined;
  return () => {
    if (last && now() - last.at < ms) return last.value;
    const value = read();
    last = { at: now(), value };
    value.catch(() => {
      last = undefined;
    });
    return value;
  };
}
