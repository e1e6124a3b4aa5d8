import { make } from "../shared/dom.ts";

type Cell = string | Node;

/** A table whose columns named in `numbers` stand to the right. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly Cell[])[],
  numbers: readonly number[] = [],
): HTMLElement {
  const align = (at: number) => ({ className: numbers.includes(at) ? "number" : "" });
  // A column that needs no name is headed by a plain cell.
  const headOf = (text: string, at: number) =>
    text === "" ? make("td") : make("th", { ...align(at), scope: "col" }, text);
  const head = make("tr", {}, ...heads.map(headOf));
  const body = rows.map((cells) => make("tr", {}, ...cells.map((cell, at) => make("td", align(at), cell))));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
}

/** A share of a whole as a bar. @param hue name of a colour's variable */
export function bar(part: number, hue?: string): HTMLElement {
  const filled = make("i");
  filled.style.setProperty("--part", String(Math.max(0, Math.min(1, part || 0))));
  if (hue) filled.style.setProperty("--hue", `var(${hue})`);
  return make("div", { className: "bar" }, filled);
}

/** A share with its interval, from 0 to 1. */
export function interval({ value, lo, hi }: { value: number; lo: number; hi: number }): HTMLElement {
  const element = make("div", { className: "interval" }, make("i"), make("b"));
  for (const [name, at] of Object.entries({ at: value, lo, hi })) element.style.setProperty(`--${name}`, String(at));
  return element;
}

export const badge = (text: string, kind = ""): HTMLElement =>
  make("span", { className: `badge ${kind}`, textContent: text });

export const none = (text: string): HTMLElement => make("p", { className: "none", textContent: text });

export function facts(pairs: readonly (readonly [string, Cell])[]): HTMLElement {
  return make(
    "dl",
    { className: "facts" },
    ...pairs.flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", {}, value)]),
  );
}

/** Number, percentage and time as a language writes them. */
export function formats(language: string) {
  const plain = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const short = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
  const share = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  const clock = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
  const day = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  return {
    number: (value: number) => plain.format(value),
    short: (value: number) => short.format(value),
    share: (value: number) => (Number.isFinite(value) ? share.format(value) : "–"),
    clock: (ms: number) => clock.format(ms),
    time: (ms: number) => day.format(ms),
  };
}
export type Formats = ReturnType<typeof formats>;
