import type { Language } from "#contracts/event.ts";
import { stored } from "./dom.ts";

const LANGUAGES: readonly string[] = ["ja", "en", "zh"];
const isLanguage = (wish: string | undefined): wish is Language => wish !== undefined && LANGUAGES.includes(wish);

/** What was asked for in the address, or chosen before, or what the browser prefers. */
function preferredLanguage(): Language {
  const wishes = [new URLSearchParams(location.search).get("lang"), stored("language"), ...navigator.languages];
  return wishes.map((wish) => wish?.slice(0, 2)).find(isLanguage) ?? "ja";
}

/** Follows the choice of language in `select`, and remembers it. */
export function offerLanguages(select: HTMLSelectElement, speak: (language: Language) => void): void {
  select.value = preferredLanguage();
  select.onchange = () => {
    stored("language", select.value);
    speak(select.value as Language);
  };
  speak(select.value as Language);
}
