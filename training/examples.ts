import { InputError } from "#contracts/errors.ts";
import { Language, MAX_TEXT } from "#contracts/event.ts";
import type { LabelledText } from "./problem.ts";

/** Most faults listed in one message. */
const SHOWN = 20;

/** A file's text, without a byte order mark. What is not UTF-8 is refused (InputError): read as if it were, it would be learnt as gibberish. */
export function decodeText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InputError(
      `${file} is not UTF-8`,
      'Save it as UTF-8 (in Excel "CSV UTF-8"), or convert it: iconv -f SHIFT_JIS -t UTF-8.',
      { cause },
    );
  }
}

/**
 * Reads `label<TAB>text[<TAB>lang]`, one example a line; empty lines are skipped. `file` names the source in messages.
 * Throws one InputError with every fault: the line and the rule it breaks.
 */
export function readTsv(content: string, file = "input"): LabelledText[] {
  const examples: LabelledText[] = [];
  const faults: string[] = [];
  for (const [index, line] of content
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === "") continue;
    const columns = line.split("\t");
    const [label = "", text = "", lang = ""] = columns.map((column) => column.trim());
    const language = Language.safeParse(lang);
    const broken = [
      columns.length < 2 || columns.length > 3
        ? `${columns.length} columns where 2 or 3 belong, separated by tabs`
        : "",
      label === "" ? "the label is empty" : "",
      label.length > 200 ? "the label is longer than 200 characters" : "",
      columns.length > 1 && text === "" ? "the text is empty" : "",
      text.length > MAX_TEXT ? `the text has ${text.length} characters, more than ${MAX_TEXT}` : "",
      lang !== "" && !language.success ? `the language is ${lang}, not ${Language.options.join(", ")}` : "",
    ].filter((fault) => fault !== "");
    faults.push(...broken.map((fault) => `${file}:${index + 1}: ${fault}`));
    examples.push({ label, text, ...(language.success ? { lang: language.data } : {}) });
  }
  if (examples.length === 0 && faults.length === 0) faults.push(`${file}: it holds no example`);
  if (faults.length > 0) {
    const more = faults.length > SHOWN ? [`and ${faults.length - SHOWN} more`] : [];
    throw new InputError(
      [...faults.slice(0, SHOWN), ...more].join("\n"),
      "Write one example a line as label<TAB>text, or label<TAB>text<TAB>lang with lang one of ja, en, zh.",
    );
  }
  return examples;
}
