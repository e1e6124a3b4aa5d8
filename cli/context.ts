import { existsSync } from "node:fs";
import { type Command, CommanderError } from "commander";
import type { AuditEntry } from "#contracts/audit.ts";
import { HaqeiError, InputError, NotFoundError, NotReachableError } from "#contracts/errors.ts";
import { type LoadedConfig, loadConfig } from "#local/config.ts";
import { type Home, resolveHome } from "#local/home.ts";
import { type Progress, progressLines } from "#local/progress.ts";
import { detailOf, isAudited, person } from "./audited.ts";

/** 0 done; 1 it ran and the answer is no; 2 the call or its input is wrong; 3 something it needs is not reachable (cli.md). */
export type ExitStatus = 0 | 1 | 2 | 3;

/** Where a command reads from and writes to; tests hand in their own. */
export type Streams = { out(text: string): void; err(text: string): void; isTerminal: boolean };

export const standardStreams: Streams = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isTerminal: process.stdout.isTTY === true,
};

export type GlobalOptions = { json?: boolean; debug?: boolean; config?: string; home?: string };

/** What a command works with. */
export type Context = {
  json: boolean;
  streams: Streams;
  /** A progress line on standard error. */
  progress: Progress;
  /** Prints `output` for programs, `text` for people: for commands that go on after their answer. */
  print(output: unknown, text: string): void;
  /** Reads the config and the home it belongs to. */
  load(): Promise<{ loaded: LoadedConfig; home: Home }>;
};

/** What a command came to; without `text` all was printed already. */
export type Result = { status?: ExitStatus } & ({ output: unknown; text: string } | { output?: never; text?: never });

/** Hands each action its context, prints what it returns and remembers its status. */
export type Act = <Options>(
  action: (context: Context, options: Options, args: string[]) => Promise<Result>,
) => (...call: unknown[]) => Promise<void>;

export function acting(streams: Streams, setStatus: (status: ExitStatus) => void): Act {
  return (action) =>
    async (...call) => {
      // commander calls with the arguments, the options, and the command itself last.
      const command = call.at(-1) as Command;
      const globals = command.optsWithGlobals<GlobalOptions>();
      const json = globals.json === true;
      const print = (output: unknown, text: string) => streams.out(json ? `${JSON.stringify(output)}\n` : `${text}\n`);
      const context: Context = {
        json,
        streams,
        print,
        progress: progressLines(streams.err),
        async load() {
          const loaded = await loadConfig(globals.config);
          return { loaded, home: resolveHome(loaded.directory, { home: globals.home }) };
        },
      };
      const options = call.at(-2) as Record<string, unknown>;
      const {
        output,
        text,
        status = 0,
      } = await writtenDown(command, options, context, () => action(context, options as never, command.args));
      if (text !== undefined) print(output, text);
      setStatus(status);
    };
}

/** Does it, and writes down who did what and what came of it, where the home has a registry to write to. */
async function writtenDown(
  command: Command,
  options: Record<string, unknown>,
  context: Context,
  action: () => Promise<Result>,
): Promise<Result> {
  const name = [command.parent?.parent ? command.parent.name() : "", command.name()].join(" ").trim();
  if (!isAudited(name)) return action();
  let status: number = 1;
  try {
    const result = await inTrace(`haqei ${name}`, context, action);
    status = result.status ?? 0;
    return result;
  } catch (error) {
    status = statusOf(error);
    throw error;
  } finally {
    await writeDown(context, { action: name, detail: detailOf(command.args, options), status }).catch((error: Error) =>
      context.streams.err(`This was not written to the audit log: ${error.message}\n`),
    );
  }
}

/** What changes something is the root of a trace, where traces are asked for. */
async function inTrace(name: string, context: Context, action: () => Promise<Result>): Promise<Result> {
  const { tracesUrl } = await import("#workers/traces-url.ts");
  const url = tracesUrl((await context.load()).loaded.config.telemetry.otlpUrl);
  if (url === undefined) return action();
  const { withinTrace } = await import("#workers/tracing.ts");
  return withinTrace(name, url, (message) => context.streams.err(`${message}\n`), action);
}

async function writeDown(context: Context, done: Pick<AuditEntry, "action" | "detail" | "status">): Promise<void> {
  const [{ appendAudit }, { openRegistry }] = await Promise.all([
    import("#stores/audit-log.ts"),
    import("#workers/dependencies.ts"),
  ]);
  const { loaded, home } = await context.load();
  const { registry: where } = loaded.config;
  // A home that holds nothing is not begun for this.
  if (where.kind === "sqlite" && !existsSync(home.registryFile)) return;
  const registry = openRegistry(where, home.registryFile);
  try {
    await appendAudit(registry, { at: Date.now(), person: person(), ...done });
  } finally {
    registry.close();
  }
}

export function statusOf(error: unknown): ExitStatus {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof InputError || error instanceof NotFoundError) return 2;
  if (error instanceof NotReachableError) return 3;
  return 1;
}

/** An error as `--json` reports it. */
export function errorDocument(error: unknown): { error: { name: string; message: string; hint: string } } {
  if (error instanceof CommanderError)
    return {
      error: {
        name: "InputError",
        message: error.message.replace(/^error: /, ""),
        hint: "`npx haqei --help` lists the commands; `npx haqei COMMAND --help` one command's options.",
      },
    };
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const hint = error instanceof HaqeiError ? error.hint : "Run it again with --debug to see where it comes from.";
  return { error: { name, message, hint } };
}
