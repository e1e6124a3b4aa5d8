import { writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { ConfigChange, Proposal } from "#contracts/accuracy.ts";
import { ConflictError } from "#contracts/errors.ts";
import type { LoadedConfig } from "./config.ts";

export const PROPOSAL_FILE = "haqei.config.proposed.ts";

/**
 * Writes a config of its own that takes all from the present one but the changes, each with its reason: to be read, tried
 * (`--config`) and taken over by a person. @returns the file @throws ConflictError where it is there already
 */
export function writeProposal({ changes, steps }: Proposal, loaded: LoadedConfig, path?: string): string {
  const file = path ?? join(loaded.directory, PROPOSAL_FILE);
  const text = [
    ...(loaded.file ? [`import current from ${JSON.stringify(besides(file, loaded.file))};`, ""] : []),
    "/**",
    " * Proposed, not in force. Read it, try it (`npx haqei start --config` with this file), and take over what you agree with.",
    ...steps.map(({ action, command }) => ` * To do by hand: ${action}: ${command}`),
    " */",
    `const config: Record<string, any> = ${loaded.file ? "current" : "{}"};`,
    "",
    "export default {",
    "  ...config,",
    ...fields(changes, 0),
    "};",
    "",
  ].join("\n");
  try {
    writeFileSync(file, text, { flag: "wx" });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    throw new ConflictError(`${file} is there already`, "Take it over or remove it first.", { cause });
  }
  return file;
}

const besides = (from: string, to: string): string => {
  const path = relative(dirname(from), to);
  return path.startsWith(".") ? path : `./${path}`;
};

/** The changes below a depth of their paths, those of one section together. */
function fields(changes: readonly ConfigChange[], depth: number): string[] {
  const indent = "  ".repeat(depth + 1);
  return [...Map.groupBy(changes, ({ path }) => path[depth] as string)].flatMap(([key, own]) => {
    const name = /^\w+$/.test(key) ? key : JSON.stringify(key);
    const set = own.findLast(({ path }) => path.length === depth + 1);
    if (set)
      return [
        `${indent}// ${set.because}: ${set.action}. Was ${JSON.stringify(set.from)}.`,
        `${indent}${name}: ${JSON.stringify(set.to)},`,
      ];
    const above = (own[0] as ConfigChange).path.slice(0, depth + 1).map((part) => `?.[${JSON.stringify(part)}]`);
    return [`${indent}${name}: {`, `${indent}  ...config${above.join("")},`, ...fields(own, depth + 1), `${indent}},`];
  });
}
