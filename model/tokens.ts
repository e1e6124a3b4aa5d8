import { HAN, HIRAGANA, KATAKANA, SYMBOL, scriptOf, WORD } from "./script.ts";

/**
 * The tokens of a normalised text, in order, repeated ones included: what is counted as a word when usage and coverage are
 * measured. Scripts with spaces give their words. Japanese and Chinese have none, so there a token is a run of katakana, each
 * pair of neighbouring Chinese characters, or a lone one with the kana that inflects it (辞め); kana alone are particles and
 * endings and give none. An emoji is a token. Made by rules alone, so that it is the same on every machine.
 */
export function tokensOf(normalised: string): string[] {
  const points = [...normalised];
  const scripts = points.map((point) => scriptOf(point.codePointAt(0) as number));
  const tokens: string[] = [];
  for (let at = 0; at < points.length; ) {
    const script = scripts[at] as number;
    let end = at + 1;
    while (end < points.length && scripts[end] === script) end += 1;
    if (script === WORD || script === KATAKANA) tokens.push(points.slice(at, end).join(""));
    else if (script === SYMBOL) tokens.push(...points.slice(at, end));
    else if (script === HAN && end - at > 1) {
      for (let from = at; from + 1 < end; from += 1) tokens.push(points.slice(from, from + 2).join(""));
    } else if (script === HAN) tokens.push(points.slice(at, scripts[end] === HIRAGANA ? end + 1 : end).join(""));
    at = end;
  }
  return tokens;
}
