/** Counts keys in bounded memory. */
export interface Frequencies {
  add(key: number): void;
  /** The `count` keys counted most often, the smaller key first among equals; ascending, with their counts. */
  most(count: number): { keys: Uint32Array; counts: Uint32Array };
}

/**
 * Exact up to `capacity` distinct keys. Beyond, the rarest are forgotten and their count is what a key that is new or comes back
 * starts from (space saving by halves, after Metwally et al. 2005): a count is never too small, and too large by at most the
 * greatest count ever forgotten, which only keys near the vocabulary's tail can notice.
 */
export function createFrequencies(capacity: number): Frequencies {
  const counts = new Map<number, number>();
  let forgotten = 0;
  function forget(): void {
    const sorted = Uint32Array.from(counts.values()).sort();
    forgotten = Math.max(forgotten, sorted[sorted.length >> 1] as number);
    for (const [key, count] of counts) if (count <= forgotten) counts.delete(key);
  }
  return {
    add(key) {
      const count = counts.get(key);
      if (count === undefined && counts.size >= capacity) forget();
      counts.set(key, (count ?? forgotten) + 1);
    },
    most(count) {
      const chosen = [...counts].sort(([a, inA], [b, inB]) => inB - inA || a - b).slice(0, count);
      chosen.sort(([a], [b]) => a - b);
      return {
        keys: Uint32Array.from(chosen, ([key]) => key),
        counts: Uint32Array.from(chosen, ([, own]) => own),
      };
    },
  };
}
