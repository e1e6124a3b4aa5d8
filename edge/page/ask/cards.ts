import type { Language } from "#contracts/event.ts";
import type { ClassifyAnswer } from "#contracts/http.ts";
import { make } from "../shared/dom.ts";
import { figure, HEXAGRAMS, lineName, moved } from "../shared/hexagrams.ts";
import type { Words } from "./words.ts";

type Prediction = ClassifyAnswer["predictions"][number];

/** What a card says, and whom it tells what a person does with it. */
export interface Telling {
  words: Words;
  language: Language;
  /** Names of the hexagrams in this language. */
  names: readonly string[];
  /** Resolves once the edge has it. */
  thumb(prediction: Prediction, value: 1 | -1): Promise<void>;
  opened(prediction: Prediction, isOpen: boolean): void;
}

/** Only a model of the 384 lines names its classes by number. */
export const isLine = ({ id, label }: Pick<Prediction, "id" | "label">): boolean => label === String(id);

const placeOf = ({ id }: Prediction): number => (id - 1) % 6;
const hexagramOf = (prediction: Prediction) =>
  isLine(prediction) ? HEXAGRAMS[Math.floor((prediction.id - 1) / 6)] : undefined;

function titleOf(prediction: Prediction, { language, names }: Telling): string {
  const hexagram = hexagramOf(prediction);
  if (hexagram === undefined) return prediction.label;
  const place = placeOf(prediction);
  const name = prediction.names?.[language] ?? names[Math.floor((prediction.id - 1) / 6)] ?? hexagram.name;
  return `${name}　${lineName(language, hexagram.yang[place] === true, place)}`;
}

function share(prediction: Prediction, { words }: Telling): HTMLElement {
  const percent = `${(prediction.score * 100).toFixed(1)}%`;
  return make(
    "span",
    { className: "share", title: words.share },
    make("span", { className: "said", textContent: `${words.share} ` }),
    percent,
  );
}

function thumbs(prediction: Prediction, { words, thumb }: Telling): HTMLElement {
  const output = make("output");
  const buttons = (
    [
      [words.fits, 1, "fits"],
      [words.off, -1, "off"],
    ] as const
  ).map(([text, value, className]) => {
    const button = make("button", { type: "button", textContent: text, className, ariaPressed: "false" });
    button.onclick = async () => {
      for (const one of buttons) one.disabled = true;
      output.textContent = words.sending;
      try {
        await thumb(prediction, value);
        button.ariaPressed = "true";
        output.textContent = words.thanks;
      } catch (error) {
        for (const one of buttons) one.disabled = false;
        output.textContent = words.failed + (error as Error).message;
      }
    };
    return button;
  });
  return make("div", { className: "acts row" }, ...buttons, output);
}

function body(prediction: Prediction, telling: Telling): HTMLElement[] {
  const { words } = telling;
  const { shin, hen, why } = prediction;
  const reading = (label: string, gloss: string, text: string) =>
    make(
      "div",
      {},
      make("dt", {}, label, make("span", { className: "gloss", textContent: gloss })),
      make("dd", { textContent: text }),
    );
  return [
    ...(shin && hen
      ? [make("dl", {}, reading(words.shin, words.shinGloss, shin), reading(words.hen, words.henGloss, hen))]
      : []),
    ...(why.length > 0
      ? [make("p", { className: "why" }, `${words.why}　`, ...why.map(({ term }) => make("b", { textContent: term })))]
      : []),
    thumbs(prediction, telling),
  ];
}

/** The hexagram drawn large with its line, and under it what it becomes when the line moves. */
function drawing(prediction: Prediction, { words, names }: Telling): HTMLElement[] {
  const hexagram = hexagramOf(prediction);
  if (hexagram === undefined) return [];
  const place = placeOf(prediction);
  const name = prediction.changedTo === undefined ? undefined : names[prediction.changedTo - 1];
  const becomes = make("div", { className: "becomes" }, make("span", { textContent: words.becomes }));
  becomes.append(figure(moved(hexagram, place), place, 44), make("span", { textContent: name ?? "" }));
  const drawn = make("div", { className: "drawing" });
  drawn.append(figure(hexagram, place, 168), becomes);
  return [drawn];
}

/** The closest answer, shown in full. */
export function firstCard(prediction: Prediction, telling: Telling): HTMLElement {
  const title = titleOf(prediction, telling);
  const header = make("header", {}, make("h2", { textContent: title }), share(prediction, telling));
  const stage = make("p", { className: "stage", textContent: prediction.stage ?? "" });
  return make(
    "article",
    { className: "first", ariaLabel: title },
    ...drawing(prediction, telling),
    make("div", { className: "text" }, header, stage, ...body(prediction, telling)),
  );
}

/** Another answer: by name, and in full where it is opened. */
export function otherCard(prediction: Prediction, telling: Telling): HTMLElement {
  const title = titleOf(prediction, telling);
  const hexagram = hexagramOf(prediction);
  const summary = make("summary");
  if (hexagram) summary.append(figure(hexagram, placeOf(prediction), 40));
  const heading = make("span", { className: "heading" }, make("h2", { textContent: title }));
  heading.append(make("span", { className: "stage", textContent: prediction.stage ?? "" }));
  summary.append(heading, share(prediction, telling));
  const details = make("details", {}, summary, ...body(prediction, telling));
  details.ontoggle = () => telling.opened(prediction, details.open);
  return make("article", { className: "other", ariaLabel: title }, details);
}

/** Three digits or more, in groups or not: whatever help lines say in figures besides is shorter. */
const NUMBER = /(\d{3,}(?:-\d+)*)/;

/** A sentence whose telephone numbers can be called by touching them. */
const callable = (line: string): (HTMLElement | string)[] =>
  line
    .split(NUMBER)
    .map((piece, at) => (at % 2 === 1 ? make("a", { href: `tel:${piece}`, textContent: piece }) : piece));

/** Help in place of readings. */
export function helpCard(lines: readonly string[], { help }: Words): HTMLElement {
  const list = make("ul", { className: "help" }, ...lines.map((line) => make("li", {}, ...callable(line))));
  return make("article", { className: "helping", ariaLabel: help }, make("h2", { textContent: help }), list);
}
