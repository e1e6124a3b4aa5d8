import { resolve } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import type { Act } from "../context.ts";

export const Output = z.object({
  files: z.number().int(),
  bytes: z.number().int(),
  digest: z.string(),
  /** When the backup was begun, ms since 1970: what happened later is not in it. */
  at: z.number().int(),
  seconds: z.number(),
});

export function register(program: Command, act: Act): void {
  program
    .command("backup")
    .argument("<folder>", "where to: a folder that is empty or not there yet")
    .option("--without-secrets", "leave the secrets out: the restored home then has others")
    .description("copies a home while it runs: registry, artefacts, the edge's tables and objects, Temporal's database")
    .action(
      act<{ withoutSecrets?: boolean }>(async (context, { withoutSecrets }, [folder = ""]) => {
        const { backUp } = await import("#local/backup.ts");
        const { home } = await context.load();
        const output: z.infer<typeof Output> = await backUp(home, resolve(folder), {
          secrets: withoutSecrets !== true,
          log: context.progress,
        });
        return {
          output,
          text: [
            `${output.files} files, ${megabytes(output.bytes)} MB, in ${output.seconds.toFixed(1)} s: ${output.digest.slice(0, 12)}`,
            ...(withoutSecrets ? [] : ["It holds the home's secrets: keep it as you keep those."]),
            `Put it in place elsewhere: npx haqei restore ${folder} --home NEW`,
          ].join("\n"),
        };
      }),
    );

  program
    .command("restore")
    .argument("<folder>", "what `haqei backup` wrote")
    .description("puts a backup in place as a home that holds nothing yet; checks everything first")
    .action(
      act(async (context, _options, [folder = ""]) => {
        const { restore } = await import("#local/backup.ts");
        const { home } = await context.load();
        const output: z.infer<typeof Output> = await restore(home, resolve(folder), { log: context.progress });
        return {
          output,
          text: `${output.files} files, ${megabytes(output.bytes)} MB, in ${output.seconds.toFixed(1)} s, as of ${new Date(output.at).toISOString()}.\nStart it: npx haqei start --home ${home.directory}`,
        };
      }),
    );
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
