import type { Command } from "commander";
import { z } from "zod";
import { RunReport } from "#contracts/run.ts";
import { readEndpoints } from "#local/home.ts";
import type { Act } from "../context.ts";
import { describeRun } from "../run-text.ts";

export const Output = z.object({
  run: RunReport,
  reset: z.object({ eventId: z.number().int(), keptStages: z.array(z.string()), rerunStages: z.array(z.string()) }),
});

export function register(program: Command, act: Act): void {
  program
    .command("rerun")
    .argument("<workflowId>", "such as daily-2026-11-03")
    .requiredOption("--from <stage>", "the first stage to do again, with or without its number")
    .option("--wait", "wait until it is over")
    .description("reset a run to just before a stage; earlier stages keep their results")
    .action(
      act<{ from: string; wait?: boolean }>(async (context, options, [workflowId = ""]) => {
        const { home } = await context.load();
        const endpoints = readEndpoints(home);
        const [{ connectClient }, { rerunFrom }, { reportRun }, { sqliteRegistry }] = await Promise.all([
          import("#workers/client.ts"),
          import("#workers/rerun.ts"),
          import("#workers/runs.ts"),
          import("#stores/registry.ts"),
        ]);
        const client = await connectClient(endpoints);
        const registry = sqliteRegistry(home.registryFile);
        try {
          const { runId, reset } = await rerunFrom(client, registry, workflowId, options.from);
          if (options.wait)
            await client.workflow
              .getHandle(workflowId, runId)
              .result()
              .catch(() => undefined);
          const run = (await reportRun(client, endpoints, workflowId, runId)) as RunReport;
          const output: z.infer<typeof Output> = { run, reset };
          return {
            output,
            text: `Reset to event ${reset.eventId}: ${reset.rerunStages.join(", ")} again, ${reset.keptStages.join(", ") || "nothing"} kept.\n${describeRun(run)}`,
            status: run.status === "completed" || run.status === "running" ? 0 : 1,
          };
        } finally {
          registry.close();
          await client.connection.close();
        }
      }),
    );
}
