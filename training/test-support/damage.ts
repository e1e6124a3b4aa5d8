import { fromCodebook } from "#model/codebook.ts";
import type { Model } from "#model/model.ts";
import { overlay } from "#model/pinned.ts";
import type { LabelledText } from "../problem.ts";
import { createRandom, shuffled } from "../random.ts";

/** Twelve classes of five words of their own and twenty that all share; every text has three of the first and four of the second. */
export function synthetic(size: number, seed: number): LabelledText[] {
  const random = createRandom(seed);
  const draw = (n: number): number => Math.floor(random.next() * n);
  const word = (n: number): string => `${"bdfgklmnprst"[n % 12]}${"aeiou"[n % 5]}${"bdfgklmnprst"[(n * 7) % 12]}${n}`;
  return Array.from({ length: size }, (_, at) => {
    const label = at % 12;
    const own = Array.from({ length: 3 }, () => word(100 + label * 5 + draw(5)));
    const shared = Array.from({ length: 4 }, () => word(draw(20)));
    return { label: `class ${label}`, text: [...own, ...shared].join(" ") };
  });
}

/** A model on rung `coded` or `codebook` of whose codes a tenth are exchanged among themselves: readable, and wrong. */
export function damaged(model: Model): Model {
  const { codebook, dimension, keys, pinned } = model;
  if (!codebook) return { ...model, vectors: exchanged(model.vectors) };
  const broken = { ...codebook, codes: exchanged(codebook.codes) };
  const stored = { idf: model.idf, vectors: fromCodebook(broken, keys.length, dimension) };
  return { ...model, codebook: broken, ...(pinned ? overlay(stored, pinned, dimension) : stored) };
}

function exchanged<T extends Float32Array | Uint8Array>(values: T): T {
  const moved = values.slice() as T;
  const places = shuffled(values.length, createRandom(3)).subarray(0, values.length / 10);
  for (const [at, place] of places.entries())
    moved[place] = values[places[(at + 1) % places.length] as number] as number;
  return moved;
}
