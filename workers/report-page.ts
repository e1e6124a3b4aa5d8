import { escaped, page, table } from "./run-pages.ts";

/** A part of a report: what was found in sentences, in figures, as a picture (SVG). */
export interface Section {
  title: string;
  sentences: readonly string[];
  table?: { head: readonly string[]; rows: readonly string[][] };
  picture?: { name: string; svg: string };
}

export interface Report {
  title: string;
  /** What it comes to, a sentence a section. */
  lead: readonly string[];
  sections: readonly Section[];
}

/** A report as one page that needs nothing beside it. */
export const reportPage = ({ title, lead, sections }: Report): string =>
  page({ title, refresh: undefined, body: [leadOf(lead), ...sections.map(htmlOf)].join("\n") });

const leadOf = (lead: readonly string[]): string =>
  `<ul>${lead.map((sentence) => `<li>${escaped(sentence)}</li>`).join("")}</ul>`;

function htmlOf({ title, sentences, table: figures, picture }: Section): string {
  return [
    `<h2>${escaped(title)}</h2>`,
    ...sentences.map((sentence) => `<p>${escaped(sentence)}</p>`),
    picture ? `<div class="card">${picture.svg}</div>` : "",
    figures && figures.rows.length > 0
      ? table(
          figures.head.map(escaped),
          figures.rows.map((row) => row.map(escaped)),
        )
      : "",
  ].join("\n");
}

/** The same in Markdown; its pictures are files of their names beside it. */
export const reportText = ({ title, lead, sections }: Report): string =>
  `${[`# ${title}`, lead.map((sentence) => `- ${sentence}`).join("\n"), ...sections.map(markdownOf)].join("\n\n")}\n`;

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;

function markdownOf({ title, sentences, table: figures, picture }: Section): string {
  return [
    `## ${title}`,
    ...sentences,
    ...(picture ? [`![${title}](${picture.name})`] : []),
    ...(figures && figures.rows.length > 0
      ? [[line(figures.head), line(figures.head.map(() => "---")), ...figures.rows.map(line)].join("\n")]
      : []),
  ].join("\n\n");
}
