import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { z } from "zod";
import { Config } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import { digestOf, sha256 } from "#stores/digest.ts";

/** What a config file exports: every field may be left out. */
export type ConfigInput = z.input<typeof Config>;

export type ValueSource = "default" | "file" | "environment";

export type LoadedConfig = {
  config: Config;
  /** The file read; absent where none was found and the defaults hold. */
  file?: string;
  /** Folder that relative paths in the config start from: the file's, else the working folder. */
  directory: string;
  /** SHA-256 of the effective values as canonical JSON. */
  digest: string;
  /** Where the value at a dotted path comes from. */
  source(path: readonly string[]): ValueSource;
};

export const CONFIG_FILE = "haqei.config.ts";
const PREFIX = "HAQEI__";

type Tree = { [key: string]: unknown };
type Override = { variable: string; path: string[]; value: unknown };

const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Reads the config: the file named, else `haqei.config.ts` of the working folder or the nearest parent, else the defaults;
 * over it the environment.
 *
 * An override is a variable `HAQEI__` + the field's path joined by `__`: `HAQEI__daily__stages__03:train=5`. A name that
 * begins with a number and a colon may leave them out, since shells allow no colon (`HAQEI__daily__stages__train=5`). The
 * value is read as JSON where it is JSON (`5`, `true`, `{"kind":"folder"}`) and as text otherwise.
 *
 * @throws InputError naming the field and the rule it breaks.
 */
export async function loadConfig(
  path?: string,
  options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<LoadedConfig> {
  const env = options.env ?? process.env;
  const cwd = resolve(options.cwd ?? process.cwd());
  const file = path === undefined ? findConfigFile(cwd) : resolve(cwd, path);
  const written = file === undefined ? {} : await readConfigFile(file);
  const overrides = readOverrides(env);
  const values = overrides.reduce((tree, override) => withValue(tree, override.path, override.value), written);

  const parsed = Config.safeParse(values);
  if (!parsed.success) throw fieldError(parsed.error.issues, file, overrides);
  return {
    config: parsed.data,
    ...(file === undefined ? {} : { file }),
    directory: file === undefined ? cwd : dirname(file),
    digest: digestOf(parsed.data),
    source: (at) =>
      overrides.some((override) => startsWith(at, override.path))
        ? "environment"
        : has(written, at)
          ? "file"
          : "default",
  };
}

function findConfigFile(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const file = join(folder, CONFIG_FILE);
    if (existsSync(file)) return file;
    if (dirname(folder) === folder) return undefined;
  }
}

async function readConfigFile(file: string): Promise<Tree> {
  if (!existsSync(file))
    throw new InputError(`There is no config file ${file}.`, "Check --config, or leave it out to use the defaults.");
  // The query makes Node read a changed file again within one process.
  const version = sha256(readFileSync(file)).slice(0, 16);
  let module: { default?: unknown };
  try {
    module = (await import(`${pathToFileURL(file).href}?${version}`)) as { default?: unknown };
  } catch (error) {
    throw new InputError(
      `${file} cannot be read: ${(error as Error).message}`,
      "It must be TypeScript that Node runs as it stands: types may be written, enums and namespaces may not.",
      { cause: error },
    );
  }
  if (!isTree(module.default))
    throw new InputError(`${file} exports no config.`, "Write `export default { … } satisfies ConfigInput;`.");
  return module.default;
}

function readOverrides(env: NodeJS.ProcessEnv): Override[] {
  const defaults = Config.parse({});
  return Object.entries(env)
    .filter(([name, value]) => name.startsWith(PREFIX) && value !== undefined)
    .map(([variable, value]) => ({
      variable,
      path: fullNames(variable.slice(PREFIX.length).split("__"), defaults),
      value: jsonOrText(value as string),
    }))
    .sort((a, b) => a.path.length - b.path.length);
}

/** The path with numbers put back in front of names that left them out. */
function fullNames(parts: readonly string[], defaults: unknown): string[] {
  let at: unknown = defaults;
  return parts.map((part) => {
    const keys = isTree(at) ? Object.keys(at) : [];
    const key = keys.includes(part) ? part : (keys.find((name) => name.replace(/^\d+:/, "") === part) ?? part);
    at = isTree(at) ? at[key] : undefined;
    return key;
  });
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function withValue(tree: Tree, [key, ...rest]: readonly string[], value: unknown): Tree {
  if (key === undefined) return tree;
  const inner = tree[key];
  return { ...tree, [key]: rest.length === 0 ? value : withValue(isTree(inner) ? inner : {}, rest, value) };
}

function has(tree: unknown, path: readonly string[]): boolean {
  let at = tree;
  for (const key of path) {
    if (!isTree(at) || at[key] === undefined) return false;
    at = at[key];
  }
  return true;
}

const startsWith = (path: readonly string[], start: readonly string[]): boolean =>
  start.every((key, index) => path[index] === key);

function fieldError(
  issues: readonly z.core.$ZodIssue[],
  file: string | undefined,
  overrides: readonly Override[],
): InputError {
  const faults = issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({ path: [...path, key], rule: "is no field of the config" }));
    return [{ path, rule: issue.message }];
  });
  const message = faults
    .map(({ path, rule }) => {
      const variable = overrides.find((override) => startsWith(path, override.path))?.variable;
      return `${path.join(".") || "the whole"}: ${rule} (${variable ? `from ${variable}` : (file ?? "defaults")})`;
    })
    .join("; ");
  return new InputError(`The config is wrong: ${message}.`, "`npx haqei config` lists every field with its value.");
}
