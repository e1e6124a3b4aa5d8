import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { Sha256 } from "#contracts/reference.ts";
import { LogicalDate } from "#contracts/run.ts";
import type { Home } from "#local/home.ts";
import { dateOfScheduledRun } from "#policy/logical-date.ts";
import type { Act } from "../context.ts";
import { date } from "./run.ts";

export const Output = z.object({
  from: LogicalDate,
  to: LogicalDate,
  files: z.array(z.string()),
  /** Digest of the page in the artefact store. */
  sha256: Sha256,
  /** Channels that it goes to, with `--send`. */
  sentTo: z.array(z.string()).optional(),
});

async function sent(home: Home, to: string): Promise<string[]> {
  const [{ readEndpoints }, { sendReport }] = await Promise.all([
    import("#local/home.ts"),
    import("#workers/client.ts"),
  ]);
  return sendReport(readEndpoints(home), to);
}

export function register(program: Command, act: Act): void {
  program
    .command("report")
    .option("--week <date>", "last day of the week (default: yesterday)", date)
    .option("--out <folder>", "where page, Markdown and pictures are written", ".")
    .option("--send", "send it to whom notify.routes.weekly_report names, as every Monday")
    .description("a week on one page: accuracy, releases, incidents, coverage, cost, data, what changed")
    .action(
      act<{ week?: string; out: string; send?: boolean }>(async (context, { week, out, send }) => {
        const { home, loaded } = await context.load();
        const { writeWeeklyReport } = await import("#local/report.ts");
        const now = Date.now();
        const to = week ?? dateOfScheduledRun(now, loaded.config.timezone);
        const done = await writeWeeklyReport({ home, loaded }, to, now);
        const files: Record<string, string> = {
          "report.html": done.html,
          "report.md": done.markdown,
          ...Object.fromEntries(
            done.report.sections.flatMap(({ picture }) => (picture ? [[picture.name, picture.svg]] : [])),
          ),
        };
        await mkdir(out, { recursive: true });
        for (const [name, text] of Object.entries(files)) await writeFile(join(out, name), text);
        const output: z.infer<typeof Output> = {
          from: done.from,
          to: done.to,
          files: Object.keys(files).map((name) => join(out, name)),
          sha256: done.sha256,
          ...(send ? { sentTo: await sent(home, to) } : {}),
        };
        const told =
          output.sentTo && `\nSent to: ${output.sentTo.join(", ") || "nobody (notify.routes.weekly_report)"}`;
        return { output, text: `Written: ${output.files.join(", ")}${told ?? ""}` };
      }),
    );
}
