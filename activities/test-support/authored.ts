import type { Example } from "#contracts/example.ts";

/** A Japanese query of a family of its own, as authors wrote it. */
export const authored = (text: string, label: string, split: Example["split"]): Example => ({
  id: `${split}-${text}`,
  label,
  text,
  lang: "ja",
  split,
  weight: 1,
  source: "authored",
  family: text,
  acceptable: [],
});
