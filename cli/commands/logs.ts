import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { z } from "zod";
import { NotFoundError } from "#contracts/errors.ts";
import type { Act, Context } from "../context.ts";
import { wholeNumber } from "../numbers.ts";

export const Output = z.object({
  logs: z.array(z.object({ name: z.string(), file: z.string(), bytes: z.number().int(), lines: z.array(z.string()) })),
});
/** One line of `--follow --json`. */
export const FollowedLine = z.object({ name: z.string(), line: z.string() });

type Options = { follow?: boolean; lines: number };

export function register(program: Command, act: Act): void {
  program
    .command("logs")
    .argument("[name]", "temporal, edge, pipeline, compute or urgent (default: all)")
    .option("-f, --follow", "go on with what is written, until Ctrl-C")
    .option("-n, --lines <n>", "last lines of each", wholeNumber, 20)
    .description("logs of the local processes")
    .action(
      act<Options>(async (context, { follow, lines }, [name]) => {
        const { home } = await context.load();
        const names = logNames(home.logs).filter((found) => name === undefined || found === name);
        if (names.length === 0)
          throw new NotFoundError(
            `There is no log${name === undefined ? "" : ` of ${name}`} in ${home.logs}.`,
            `Logs are there once \`npx haqei start\` has run: ${logNames(home.logs).join(", ") || "none yet"}.`,
          );
        const files = names.map((found) => ({ name: found, file: join(home.logs, `${found}.log`) }));
        if (follow) {
          await followAll(files, context);
          return {};
        }
        const output: z.infer<typeof Output> = {
          logs: files.map(({ name: log, file }) => ({
            name: log,
            file,
            bytes: statSync(file).size,
            lines: lastLines(readFileSync(file, "utf8"), lines),
          })),
        };
        return {
          output,
          text: output.logs.map((log) => `${log.name} (${log.file})\n${log.lines.join("\n")}`).join("\n\n"),
        };
      }),
    );
}

const logNames = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith(".log"))
        .map((file) => file.slice(0, -".log".length))
        .sort()
    : [];

function lastLines(text: string, n: number): string[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return n > 0 ? lines.slice(-n) : [];
}

/** Writes what is added to the files until the process is interrupted. A file that was rotated is read from its start. */
async function followAll(files: readonly { name: string; file: string }[], { json, streams }: Context): Promise<void> {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  const readers = files.map(({ name, file }) => ({ name, read: appendedLines(file) }));
  while (!stop.signal.aborted) {
    for (const { name, read } of readers)
      for (const line of read()) streams.out(json ? `${JSON.stringify({ name, line })}\n` : `${name}: ${line}\n`);
    await sleep(250, undefined, { signal: stop.signal }).catch(() => undefined);
  }
}

function appendedLines(file: string): () => string[] {
  let position = statSync(file).size;
  let rest = "";
  return () => {
    if (!existsSync(file)) return [];
    const descriptor = openSync(file, "r");
    try {
      const { size } = fstatSync(descriptor);
      if (size < position) position = 0;
      const bytes = Buffer.alloc(size - position);
      position += readSync(descriptor, bytes, 0, bytes.length, position);
      const lines = (rest + bytes.toString("utf8")).split("\n");
      rest = lines.pop() ?? "";
      return lines.filter((line) => line !== "");
    } finally {
      closeSync(descriptor);
    }
  };
}
