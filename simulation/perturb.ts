import type { Random } from "./random.ts";

/** Share of queries that are typed otherwise than they were authored. */
const PERTURBED = 0.6;

/** Other spellings that people use for one word. */
const SPELLINGS: readonly (readonly [string, string])[] = [
  ["ください", "下さい"],
  ["できる", "出来る"],
  ["できない", "出来ない"],
  ["わから", "分から"],
  ["いろいろ", "色々"],
  ["すべて", "全て"],
  ["とき", "時"],
  ["こと", "事"],
  ["みんな", "皆"],
  ["だんだん", "段々"],
  ["私", "わたし"],
  ["今", "いま"],
  ["人", "ひと"],
  ["仕事", "しごと"],
  ["気持ち", "きもち"],
  ["友達", "ともだち"],
  ["子供", "子ども"],
  ["会社", "カイシャ"],
];
const PARTICLES = ["は", "が", "を", "に", "の", "で", "も"] as const;
const EMOJI = ["😭", "😅", "🤔", "💦", "🙏", "…", "！", "w"] as const;

type Change = (text: string, random: Random) => string;

const characters = (text: string): string[] => [...text];

/** Two neighbours change places, one is left out, or one comes twice. */
const typo: Change = (text, random) => {
  const all = characters(text);
  if (all.length < 4) return text;
  const at = 1 + random.below(all.length - 2);
  const [here, next] = [all[at] as string, all[at + 1] as string];
  const replaced = random.pick([[next, here], [next], [here, here, next]]);
  return [...all.slice(0, at), ...replaced, ...all.slice(at + 2)].join("");
};

/** A particle is left out, or another is written. */
const particle: Change = (text, random) => {
  const all = characters(text);
  const places = all.flatMap((character, at) =>
    at > 0 && (PARTICLES as readonly string[]).includes(character) ? [at] : [],
  );
  if (places.length === 0) return text;
  const at = random.pick(places);
  return [...all.slice(0, at), ...(random.chance(0.6) ? [] : [random.pick(PARTICLES)]), ...all.slice(at + 1)].join("");
};

/** A word in its other spelling. */
const spelling: Change = (text, random) => {
  const both = SPELLINGS.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]).filter(([from]) =>
    text.includes(from),
  );
  if (both.length === 0) return text;
  const [from, to] = random.pick(both);
  return text.replace(from, to);
};

const emoji: Change = (text, random) => `${text}${random.pick(EMOJI)}`;
const ending: Change = (text) => (/[。.!?！？]$/u.test(text) ? text.slice(0, -1) : text);
const capitals: Change = (text, random) => (random.chance(0.5) ? text.toLowerCase() : text.toUpperCase());

const CHANGES: Readonly<Record<string, readonly Change[]>> = {
  ja: [typo, particle, particle, spelling, spelling, emoji, ending],
  en: [typo, typo, emoji, ending, capitals],
  zh: [typo, emoji, ending],
};

/** A query as somebody else would have typed it: 40% stay as they are, the others get one or two slips or habits. */
export function perturb(text: string, lang: string, random: Random): string {
  if (!random.chance(PERTURBED)) return text;
  const changes = CHANGES[lang] ?? [typo, emoji, ending];
  let changed = text;
  for (let left = 1 + random.below(2); left > 0; left--) changed = random.pick(changes)(changed, random);
  return changed.trim() === "" ? text : changed;
}
