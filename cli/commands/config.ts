import type { Command } from "commander";
import { z } from "zod";
import { SPECIFICATION } from "#local/specification.ts";
import type { Act } from "../context.ts";
import { table } from "../table.ts";

export const Output = z.object({
  file: z.string().nullable(),
  digest: z.string(),
  values: z.array(
    z.object({
      name: z.string(),
      value: z.unknown(),
      /** Section of the specification that the value comes from; null where it names none. */
      section: z.string().nullable(),
      source: z.enum(["default", "file", "environment"]),
    }),
  ),
});

export function register(program: Command, act: Act): void {
  program
    .command("config")
    .option("--spec", "only the specification's own values, with their sections")
    .description("every setting in force and where it comes from")
    .action(
      act<{ spec?: boolean }>(async (context, { spec }) => {
        const { loaded } = await context.load();
        const values = leaves(loaded.config)
          .map(([path, value]) => {
            const name = path.join(".");
            return { name, value, section: SPECIFICATION[name] ?? null, source: loaded.source(path) };
          })
          .filter(({ section }) => !spec || section !== null);
        const output: z.infer<typeof Output> = { file: loaded.file ?? null, digest: loaded.digest, values };
        const rows = values.map(({ name, value, section, source }) => [
          name,
          JSON.stringify(value),
          section ?? "",
          source,
        ]);
        return {
          output,
          text: `${table(["name", "value", "section", "source"], rows)}\n\nFile: ${loaded.file ?? "none: the defaults hold"}`,
        };
      }),
    );
}

/** Every value of a tree with the path to it. A list is one value. */
function leaves(value: unknown, path: string[] = []): [string[], unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}
