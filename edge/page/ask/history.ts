import { stored } from "../shared/dom.ts";

/** A question that was asked in this browser, and the line that came first. */
export interface Asked {
  text: string;
  /** The line's id, where the classes are the 384 lines. */
  line?: number;
}

const NAME = "history";
const KEPT = 12;

/** What was asked here, newest first. */
export function history(): Asked[] {
  try {
    const kept: unknown = JSON.parse(stored(NAME) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one): one is Asked => typeof one?.text === "string") : [];
  } catch {
    return [];
  }
}

/** Keeps the question in this browser; asked again it moves to the front. */
export const remember = (asked: Asked): void => {
  const others = history().filter(({ text }) => text !== asked.text);
  stored(NAME, JSON.stringify([asked, ...others].slice(0, KEPT)));
};

export const forget = (): void => {
  stored(NAME, "[]");
};
