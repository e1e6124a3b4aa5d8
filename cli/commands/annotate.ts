import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { emitKeypressEvents } from "node:readline";
import type { Command } from "commander";
import { z } from "zod";
import { InputError } from "#contracts/errors.ts";
import type { HexagramFile } from "#contracts/line.ts";
import type { QueryRecord } from "#contracts/query.ts";
import type { Annotation } from "#datasets/annotation.ts";
import type { Act, Streams } from "../context.ts";
import { wholeNumber } from "../numbers.ts";

export const Output = z.object({
  file: z.string(),
  annotated: z.number().int(),
  remaining: z.number().int(),
  agreement: z.object({ n: z.number().int(), strict: z.number(), graded: z.number() }).nullable(),
});

type Options = { by: string; split: string; lang: string; n: number; out: string; dataset?: string };

export function register(dataset: Command, act: Act): void {
  dataset
    .command("annotate")
    .requiredOption("--by <name>", "who judges")
    .option("--split <name>", "whose queries", "test")
    .option("--lang <name>", "ja, en or zh", "ja")
    .option("--n <n>", "how many queries", wholeNumber, 200)
    .option("--out <file>", "judgements, a line each; go on where it ends", "annotations.jsonl")
    .option("--dataset <folder>", "in place of the config's")
    .description("judge which of three lines fits a query best, by one key each; ends and goes on at any time")
    .action(
      act<Options>(async (context, options) => {
        const { loaded } = await context.load();
        const folder = resolve(options.dataset ?? resolve(loaded.directory, loaded.config.dataset), "lines");
        const [{ readHexagrams }, { queriesOf }, { Annotation, agreementOf, candidatesFor }] = await Promise.all([
          import("#datasets/hexagrams.ts"),
          import("#datasets/queries.ts"),
          import("#datasets/annotation.ts"),
        ]);
        const hexagrams = await readHexagrams(folder);
        const queries = queriesOf(hexagrams);
        const file = resolve(options.out);
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
  { out }: Streams,
): AsyncGenerator<Annotation> {
  emitKeypressEvents(process.stdin);
  process.stdin.setRawMode(true);
  process.stdin.resume();
  try {
    for (const [index, query] of queries.entries()) {
      const candidates = candidatesFor(query, hexagrams);
      out(
        `\x1b[2J\x1b[H${index + 1} of ${queries.length}   1 2 3: fits best   0: none   s: skip   q: end\n\n  ${query.text}\n`,
      );
      candidates.forEach((id, place) => {
        out(`\n${place + 1}  ${readingOf(id, query, hexagrams)}\n`);
      });
      const key = await nextKey(["0", "1", "2", "3", "s", "q"]);
      if (key === "q") return;
      if (key === "s") continue;
      yield {
        queryId: query.id,
        candidates,
        choice: candidates[Number(key) - 1] ?? 0,
        by,
        at: new Date().toISOString(),
      };
    }
  } finally {
    process.stdin.setRawMode(false);
    process.stdin.pause();
    out("\n");
  }
}

/** What a line says, without its name: people are to judge by the reading alone. */
function readingOf(id: number, { lang }: QueryRecord, hexagrams: readonly HexagramFile[]): string {
  const line = hexagrams[Math.floor((id - 1) / 6)]?.lines[(id - 1) % 6];
  return `${line?.stage[lang] ?? line?.stage.ja}\n   ${line?.shin[lang] ?? line?.shin.ja}`;
}

function nextKey(allowed: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const onKey = (_: string, key: { name?: string; sequence?: string; ctrl?: boolean }): void => {
      const pressed = key.ctrl && key.name === "c" ? "q" : (key.name ?? key.sequence ?? "");
      if (!allowed.includes(pressed)) return;
      process.stdin.off("keypress", onKey);
      resolve(pressed);
    };
    process.stdin.on("keypress", onKey);
  });
}
