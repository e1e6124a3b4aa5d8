import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { InputError } from "#contracts/errors.ts";
import type { HexagramFile } from "#contracts/line.ts";
import type { QueryRecord } from "#contracts/query.ts";
import type { Annotation } from "#datasets/annotation.ts";
import { askEach } from "../ask-each.ts";
import type { Act, Context, Result, Streams } from "../context.ts";
import { wholeNumber } from "../numbers.ts";
import { table } from "../table.ts";
import { Disagreements, labelDisagreements } from "./annotate-shadow.ts";

export const Output = z.object({
  /** Where the labels lie; with `--shadow` a route of the edge. */
  file: z.string(),
  annotated: z.number().int(),
  remaining: z.number().int(),
  agreement: z.object({ n: z.number().int(), strict: z.number(), graded: z.number() }).nullable(),
  /** With `--asked`: what is still open, the most valuable first. */
  queries: z
    .array(
      z.object({
        text: z.string(),
        lang: z.string(),
        frequency: z.number().int(),
        candidates: z.array(z.string()),
        uncertainty: z.number(),
        disagreement: z.number(),
        value: z.number(),
      }),
    )
    .optional(),
  disagreements: Disagreements.optional(),
});

type Options = {
  by: string;
  asked?: boolean;
  shadow?: boolean;
  from?: string;
  days: number;
  split: string;
  lang: string;
  n: number;
  out?: string;
  dataset?: string;
};

export function register(dataset: Command, act: Act): void {
  dataset
    .command("annotate")
    .requiredOption("--by <name>", "who judges")
    .option("--asked", "label what users asked, what is worth most first, in place of judging authored queries")
    .option(
      "--shadow",
      "label what the candidate of a rollout answers otherwise than the current model; the judge reads it",
    )
    .option("--from <file>", "with --shadow: take labels from lines of seq<TAB>class in place of asking")
    .option("--days <n>", "with --asked: of how many days", wholeNumber, 30)
    .option("--split <name>", "whose queries", "test")
    .option("--lang <name>", "ja, en or zh", "ja")
    .option("--n <n>", "how many queries", wholeNumber, 200)
    .option("--out <file>", "a line each; goes on where it ends (annotations.jsonl; with --asked, annotated.tsv)")
    .option("--dataset <folder>", "in place of the config's")
    .description("judge which of three classes fits a query best, by one key each; ends and goes on at any time")
    .action(
      act<Options>(async (context, options) => {
        if (options.shadow) return labelDisagreements(context, options);
        if (options.asked) return labelAsked(context, options);
        const { loaded } = await context.load();
        const folder = resolve(options.dataset ?? resolve(loaded.directory, loaded.config.dataset), "lines");
        const [{ readHexagrams }, { queriesOf }, { Annotation, agreementOf, candidatesFor }] = await Promise.all([
          import("#datasets/hexagrams.ts"),
          import("#datasets/queries.ts"),
          import("#datasets/annotation.ts"),
        ]);
        const hexagrams = await readHexagrams(folder);
        const queries = queriesOf(hexagrams);
        const file = resolve(options.out ?? "annotations.jsonl");
        const made = readAnnotations(file, (value) => Annotation.parse(value));
        const done = new Set(made.filter(({ by }) => by === options.by).map(({ queryId }) => queryId));
        const wanted = queries
          .filter(({ split, lang }) => split === options.split && lang === options.lang)
          // Spread over all lines, the same for everybody.
          .filter((_, index, all) => index % Math.max(1, Math.floor(all.length / options.n)) === 0)
          .slice(0, options.n);
        const open = wanted.filter(({ id }) => !done.has(id));
        if (process.stdin.isTTY && !context.json) {
          for await (const annotation of judge(open, hexagrams, candidatesFor, options.by, context.streams)) {
            // Written at once: nothing is lost whenever it ends.
            appendFileSync(file, `${JSON.stringify(annotation)}\n`);
            made.push(annotation);
            done.add(annotation.queryId);
          }
        }
        const own = made.filter(({ by }) => by === options.by);
        const output: z.infer<typeof Output> = {
          file,
          annotated: own.length,
          remaining: wanted.filter(({ id }) => !done.has(id)).length,
          agreement: agreementOf(own, queries) ?? null,
        };
        const { agreement } = output;
        return {
          output,
          text: [
            `${output.annotated} judged by ${options.by}, ${output.remaining} open, in ${file}.`,
            agreement
              ? `Agreement with the labels: ${(100 * agreement.strict).toFixed(1)}% strict, ${(100 * agreement.graded).toFixed(1)}% graded, n ${agreement.n}.`
              : "No judgement yet: run it in a terminal.",
          ].join("\n"),
        };
      }),
    );
}

/** Labels go into a table of `label<TAB>text<TAB>lang`, ready to be added to the ones that are trained from. */
async function labelAsked(context: Context, { days, n, out = "annotated.tsv" }: Options): Promise<Result> {
  const { home, loaded } = await context.load();
  const [{ openQueries }, { readTsv }, { normalise }] = await Promise.all([
    import("#local/open-queries.ts"),
    import("#training/examples.ts"),
    import("#model/normalise.ts"),
  ]);
  const file = resolve(out);
  const made = existsSync(file) ? readTsv(readFileSync(file, "utf8"), file) : [];
  const done = new Set(made.map(({ text }) => normalise(text)));
  const ranked = await openQueries({ home, loaded }, { days, most: n + done.size, now: Date.now() });
  const open = ranked.filter(({ text }) => !done.has(normalise(oneLine(text)))).slice(0, n);
  const left = new Set(open);
  if (process.stdin.isTTY && !context.json) {
    const asked = open.map((query) => ({ query, text: query.text, choices: query.candidates }));
    for await (const { query, place } of askEach(asked, context.streams)) {
      const label = query.candidates[place - 1];
      // None of the three is no label: it is asked again when the model knows more.
      if (label === undefined) continue;
      const lang = query.lang === "und" ? "" : `\t${query.lang}`;
      appendFileSync(file, `${label}\t${oneLine(query.text)}${lang}\n`);
      done.add(normalise(query.text));
      left.delete(query);
    }
  }
  const output: z.infer<typeof Output> = {
    file,
    annotated: done.size,
    remaining: left.size,
    agreement: null,
    queries: [...left],
  };
  const rows = [...left]
    .slice(0, 20)
    .map(({ value, frequency, candidates, text }) => [
      value.toFixed(2),
      String(frequency),
      candidates.join(", "),
      oneLine(text).slice(0, 60),
    ]);
  return {
    output,
    text: `${table(["worth", "asked", "model says", "query"], rows)}\n\n${done.size} labelled in ${file}, ${left.size} open.`,
  };
}

/** A table has no tabs and line breaks within a text. */
const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();

function readAnnotations(file: string, parse: (value: unknown) => Annotation): Annotation[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line, index) => {
      if (line === "") return [];
      try {
        return [parse(JSON.parse(line))];
      } catch (cause) {
        throw new InputError(`${file}:${index + 1} is no judgement`, "Mend or remove that line.", { cause });
      }
    });
}

async function* judge(
  queries: readonly QueryRecord[],
  hexagrams: readonly HexagramFile[],
  candidatesFor: (query: QueryRecord, hexagrams: readonly HexagramFile[]) => number[],
  by: string,
  streams: Streams,
): AsyncGenerator<Annotation> {
  const asked = queries.map((query) => {
    const candidates = candidatesFor(query, hexagrams);
    return { query, candidates, text: query.text, choices: candidates.map((id) => readingOf(id, query, hexagrams)) };
  });
  for await (const { query, candidates, place } of askEach(asked, streams))
    yield { queryId: query.id, candidates, choice: candidates[place - 1] ?? 0, by, at: new Date().toISOString() };
}

/** What a line says, without its name: people are to judge by the reading alone. */
function readingOf(id: number, { lang }: QueryRecord, hexagrams: readonly HexagramFile[]): string {
  const line = hexagrams[Math.floor((id - 1) / 6)]?.lines[(id - 1) % 6];
  return `${line?.stage[lang] ?? line?.stage.ja}\n   ${line?.shin[lang] ?? line?.shin.ja}`;
}
