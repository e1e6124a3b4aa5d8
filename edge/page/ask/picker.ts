import type { Language } from "#contracts/event.ts";
import type { HexagramsAnswer } from "#contracts/http.ts";
import { make } from "../shared/dom.ts";
import { figure, HEXAGRAMS, lineName } from "../shared/hexagrams.ts";

const SHOWN = 6;

interface Line {
  id: number;
  title: string;
  stage: string;
  /** All that it may be found by, in lower case. */
  haystack: string;
}

const known = new Map<Language, Promise<HexagramsAnswer["hexagrams"]>>();

/** Names and situations in one language, fetched once; none where no readings are released. */
function hexagramsIn(language: Language): Promise<HexagramsAnswer["hexagrams"]> {
  const asked =
    known.get(language) ??
    fetch(`/api/v1/hexagrams?lang=${language}`)
      .then(async (response) => (response.ok ? ((await response.json()) as HexagramsAnswer).hexagrams : []))
      .catch(() => []);
  known.set(language, asked);
  return asked;
}

/** Names of the hexagrams in one language; in Japanese, where no readings are released. */
export async function namesIn(language: Language): Promise<string[]> {
  const named = await hexagramsIn(language);
  return HEXAGRAMS.map(({ name }, at) => named[at]?.names[language] ?? name);
}

/** All 384 lines as they are called in one language. */
async function linesIn(language: Language): Promise<Line[]> {
  const written = await hexagramsIn(language);
  return HEXAGRAMS.flatMap(({ name, yang }, at) =>
    yang.map((whole, place) => {
      const { names, lines = [] } = written[at] ?? {};
      const stage = lines[place]?.stage ?? "";
      const title = `${names?.[language] ?? name}　${lineName(language, whole, place)}`;
      const number = `${at + 1}-${place + 1}`;
      const haystack = [number, name, ...Object.values(names ?? {}), lineName("ja", whole, place), title, stage];
      return { id: at * 6 + place + 1, title, stage, haystack: haystack.join(" ").toLowerCase() };
    }),
  );
}

/** Lines that have every word that was typed; one that is named by its number comes alone. */
function search(lines: readonly Line[], typed: string): Line[] {
  const wanted = typed.toLowerCase().normalize("NFKC").split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return [];
  const exact = lines.find((_, at) => `${Math.floor(at / 6) + 1}-${(at % 6) + 1}` === wanted.join(" "));
  return exact ? [exact] : lines.filter(({ haystack }) => wanted.every((word) => haystack.includes(word)));
}

/** Shows in `list` the lines that fit what is typed in `input`; `choose` is told which was meant. */
export function createPicker(
  input: HTMLInputElement,
  list: HTMLElement,
  count: HTMLElement,
  choose: (id: number) => void,
): { speak(language: Language, found: (n: number) => string): void } {
  let language: Language = "ja";
  let found = String as (n: number) => string;

  async function show(): Promise<void> {
    const typed = input.value;
    const matches = search(await linesIn(language), typed);
    if (typed !== input.value) return;
    count.textContent = typed.trim() === "" ? "" : found(matches.length);
    list.replaceChildren(...matches.slice(0, SHOWN).map(entry));
  }
  function entry({ id, title, stage }: Line): HTMLElement {
    const hexagram = HEXAGRAMS[Math.floor((id - 1) / 6)];
    const button = make("button", { type: "button", onclick: () => choose(id) });
    if (hexagram) button.append(figure(hexagram, (id - 1) % 6, 26));
    button.append(make("span", {}, make("b", { textContent: title }), make("small", { textContent: stage })));
    return make("li", {}, button);
  }

  input.oninput = show;
  return {
    speak(wanted, words) {
      language = wanted;
      found = words;
      if (input.value !== "") show();
    },
  };
}
