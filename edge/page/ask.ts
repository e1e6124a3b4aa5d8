import type { Language } from "#contracts/event.ts";
import type { ClassifyAnswer } from "#contracts/http.ts";
import { createBrowserClient, EdgeError, type Reaction } from "../client/browser.ts";
import { firstCard, helpCard, isLine, otherCard, type Telling } from "./ask/cards.ts";
import { highlight } from "./ask/highlight.ts";
import { forget, history, remember } from "./ask/history.ts";
import { createPicker, namesIn } from "./ask/picker.ts";
import { WORDS } from "./ask/words.ts";
import { $, make } from "./shared/dom.ts";
import { figure, HEXAGRAMS } from "./shared/hexagrams.ts";
import { offerLanguages } from "./shared/language.ts";

const client = createBrowserClient();
const form = $<HTMLFormElement>("form");
const text = $<HTMLTextAreaElement>("text");
const consent = $<HTMLInputElement>("consent");
const ask = $<HTMLButtonElement>("ask");
const note = $("note");
const correct = $<HTMLDetailsElement>("correct");
const correctionOutput = $<HTMLOutputElement>("corrected");

let language: Language = "ja";
let words = WORDS.ja;
let names: string[] = [];
/** What was asked and answered last. */
let shown: { question: string; answer: ClassifyAnswer } | undefined;
/** When each alternative that is open was opened, in ms since 1970. */
const openSince = new Map<number, number>();
const clicked = new Set<number>();

function react(reaction: Omit<Reaction, "eventId">): Promise<void> {
  return client.feedback({ eventId: shown?.answer.eventId ?? "", ...reaction });
}
/** For what nobody waits for: a refusal is the edge's to count. */
const tell = (reaction: Omit<Reaction, "eventId">): void => {
  react(reaction).catch(() => undefined);
};

function leftOpen(id: number): void {
  const since = openSince.get(id);
  if (since === undefined) return;
  openSince.delete(id);
  tell({ type: "dwell", shownId: id, value: Math.min(86_400_000, Date.now() - since) });
}
const leaveAll = () => {
  for (const id of [...openSince.keys()]) leftOpen(id);
};

const telling = (): Telling => ({
  words,
  language,
  names,
  thumb: ({ id }, value) => react({ type: "thumb", shownId: id, value }),
  opened({ id }, isOpen) {
    if (!isOpen) return leftOpen(id);
    openSince.set(id, Date.now());
    if (clicked.has(id)) return;
    clicked.add(id);
    tell({ type: "click", shownId: id });
  },
});

function showAnswer(): void {
  if (shown === undefined) return;
  const { question, answer } = shown;
  const { predictions, path, version, model, operations, safety, message, lang } = answer;
  const [first, ...others] = predictions;
  const cards = safety
    ? [helpCard(safety.help, words)]
    : [...(first ? [firstCard(first, telling())] : []), ...others.map((other) => otherCard(other, telling()))];
  $("answers").replaceChildren(...cards);
  $("answers").lang = lang;
  const pieces = highlight(question, first?.why.map(({ term }) => term) ?? []);
  $("asked").replaceChildren(
    ...pieces.map((piece) => (piece.reason ? make("mark", { textContent: piece.text }) : piece.text)),
  );
  $("asked").hidden = safety !== undefined;
  say(safety ? "" : version === "fallback" ? words.bundled : (message ?? words.ordered));
  const served = [
    `${words.model} ${version} (${model.slice(0, 12)})`,
    `${words.path} ${path}`,
    `${words.operations} ${operations.toLocaleString()}`,
  ];
  $("model").textContent = safety ? "" : served.join(words.comma);
  correct.hidden = safety !== undefined || !predictions.every(isLine);
}

function showHistory(): void {
  const entries = history().map((asked) => {
    const button = make("button", { type: "button", onclick: () => askAgain(asked.text) });
    const hexagram = asked.line === undefined ? undefined : HEXAGRAMS[Math.floor((asked.line - 1) / 6)];
    if (hexagram && asked.line) button.append(figure(hexagram, (asked.line - 1) % 6, 22));
    button.append(make("span", { textContent: asked.text }));
    return make("li", {}, button);
  });
  $("asked-before").replaceChildren(...entries);
  $("history").hidden = entries.length === 0;
}

/** Where nothing was asked in this browser yet, what one might ask. */
function showExamples(): void {
  const examples = words.examples.map((textContent) =>
    make("li", {}, make("button", { type: "button", textContent, onclick: () => askAgain(textContent) })),
  );
  document.querySelector("#examples ul")?.replaceChildren(...examples);
  $("examples").hidden = shown !== undefined || history().length > 0;
}

/** What went wrong, in words for who asked. */
function reasonOf(error: unknown): string {
  if (!(error instanceof EdgeError)) return String(error);
  if (error.status === 0) return words.offline;
  if (error.status === 429) return words.busy;
  return error.status >= 500 ? words.away : error.message;
}

function say(message: string, state: "" | "failed" = ""): void {
  note.textContent = message;
  note.className = state;
}

function wait(waiting: boolean): void {
  ask.disabled = waiting;
  $("answers").ariaBusy = String(waiting);
  if (!waiting) return;
  say("");
  note.append(figure({ yang: [true, false, true, false, true, false] }, -1, 18), words.reading);
  note.className = "waiting";
}

function askAgain(question: string): void {
  text.value = question;
  form.requestSubmit();
  scrollTo({ top: 0 });
}

form.onsubmit = async (event) => {
  event.preventDefault();
  if (ask.disabled) return;
  wait(true);
  const question = text.value;
  try {
    const answer = await client.classify(question, { consent: consent.checked });
    leaveAll();
    clicked.clear();
    correct.open = false;
    correctionOutput.textContent = "";
    shown = { question, answer };
    showAnswer();
    const first = answer.predictions[0];
    // What somebody in danger wrote is kept nowhere.
    if (first) remember({ text: question, ...(isLine(first) && { line: first.id }) });
    showHistory();
    showExamples();
  } catch (error) {
    say(words.failed + reasonOf(error), "failed");
  } finally {
    wait(false);
  }
};
text.onkeydown = (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
};
$("forget").onclick = () => {
  forget();
  showHistory();
  text.focus();
};
addEventListener("pagehide", leaveAll, { capture: true });

const picker = createPicker($<HTMLInputElement>("search"), $("found"), $("count"), async (correctId) => {
  correctionOutput.textContent = words.sending;
  await react({ type: "correction", correctId }).then(
    () => {
      correctionOutput.textContent = words.thanks;
    },
    (error: Error) => {
      correctionOutput.textContent = words.failed + error.message;
    },
  );
});

/** Says everything in a language, what was answered included; readings stay in the language of the question. */
async function speak(wanted: Language): Promise<void> {
  language = wanted;
  words = WORDS[wanted];
  document.documentElement.lang = wanted;
  document.title = `HAQEI — ${words.title}`;
  for (const element of document.querySelectorAll<HTMLElement>("[data-word]")) {
    const said = words[element.dataset["word"] as keyof typeof words];
    if (typeof said === "string") element.textContent = said;
  }
  text.ariaLabel = words.situation;
  text.placeholder = words.example;
  $("answers").ariaLabel = words.answers;
  $<HTMLInputElement>("search").ariaLabel = words.search;
  $<HTMLInputElement>("search").placeholder = words.searchHint;
  $("found").ariaLabel = words.search;
  picker.speak(wanted, words.found);
  showExamples();
  showAnswer();
  const found = await namesIn(wanted);
  if (language !== wanted) return;
  names = found;
  showAnswer();
}

offerLanguages($<HTMLSelectElement>("language"), speak);
showHistory();
