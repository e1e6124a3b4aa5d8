/** Seeded random numbers: sfc32 (Doty-Humphrey, PractRand), the same on every machine. */
export interface Random {
  /** A float64 in [0, 1) with 32 random bits. */
  next(): number;
}

/** A generator for one purpose: `seed` is the run's, the rest say which part of the run draws from it. */
export function createRandom(seed: number, ...purpose: number[]): Random {
  let a = seed | 0;
  let b = Math.floor(seed / 2 ** 32) | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  function draw(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
  for (const part of purpose) {
    c ^= part;
    for (let round = 0; round < 12; round += 1) draw();
  }
  for (let round = 0; round < 12; round += 1) draw();
  return { next: () => draw() / 2 ** 32 };
}

/** 0 to `length` - 1 in random order (Fisher and Yates). */
export function shuffled(length: number, random: Random): Int32Array {
  const order = Int32Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last -= 1) {
    const other = Math.floor(random.next() * (last + 1));
    const held = order[last] as number;
    order[last] = order[other] as number;
    order[other] = held;
  }
  return order;
}
