/** Seeded chance: the same seed gives the same draws on every machine. */
export type Random = {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, n). */
  below(n: number): number;
  chance(probability: number): boolean;
  /** One of `items`, which must not be empty. */
  pick<T>(items: readonly T[]): T;
  /** A key, each with the chance of its weight's share. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K;
  /** Normal with mean 0 and deviation 1 (Box-Muller). */
  normal(): number;
  shuffled<T>(items: readonly T[]): T[];
};

/** A stream of its own for every seed text: sfc32 (C. Doty-Humphrey, PractRand) fed by FNV-1a of the text. */
export function randomOf(seed: string): Random {
  let [a, b, c, counter] = [fnv1a(`a${seed}`), fnv1a(`b${seed}`), fnv1a(`c${seed}`), 1];
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  // The first draws still resemble the seed.
  for (let i = 0; i < 12; i++) next();

  const below = (n: number): number => Math.floor(next() * n);
  const pick = <T>(items: readonly T[]): T => {
    if (items.length === 0) throw new RangeError("pick from nothing");
    return items[below(items.length)] as T;
  };
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick,
    weighted: <K extends string>(weights: Readonly<Record<K, number>>): K => {
      const entries = Object.entries<number>(weights) as [K, number][];
      let left = next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [key, weight] of entries) {
        left -= weight;
        if (left < 0) return key;
      }
      throw new RangeError("no weight is above 0");
    },
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    shuffled: <T>(items: readonly T[]): T[] => {
      const mixed = [...items];
      for (let i = mixed.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [mixed[i], mixed[j]] = [mixed[j] as T, mixed[i] as T];
      }
      return mixed;
    },
  };
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
