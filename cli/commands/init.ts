import { join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { CONFIG_FILE } from "#local/config.ts";
import { writeExample } from "#local/init.ts";
import type { Act } from "../context.ts";

export const Output = z.object({ files: z.array(z.string()) });

export function register(program: Command, act: Act): void {
  program
    .command("init")
    .argument("[folder]", "where to", ".")
    .description("begin another taxonomy: a commented config and a small example data set")
    .action(
      act<object>(async (_context, _options, [folder = "."]) => {
        const files = await writeExample(folder);
        const output: z.infer<typeof Output> = { files: files.map((file) => resolve(folder, file)) };
        const config = relative(process.cwd(), join(resolve(folder), CONFIG_FILE));
        return {
          output,
          text: `${files.map((file) => join(folder, file)).join("\n")}\n\nNext: npx haqei start --config ${config}`,
        };
      }),
    );
}
