import { resolve } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import type { Act } from "../context.ts";
import { table } from "../table.ts";

export const Output = z.object({
  faults: z.array(
    z.object({
      name: z.string(),
      promised: z.string(),
      ok: z.boolean(),
      /** Events that were acknowledged and not there afterwards. */
      lost: z.number().int().nonnegative(),
      /** Until the system had recovered. */
      seconds: z.number().nonnegative(),
      detail: z.string(),
    }),
  ),
  skipped: z.array(z.object({ name: z.string(), reason: z.string() })),
});

export function register(program: Command, act: Act): void {
  program
    .command("chaos")
    .argument("[faults...]", "faults by their names (default: all)")
    .description(
      "injects faults into a system of its own and proves that nothing is lost (exit status 1 where something is)",
    )
    .action(
      act(async (context, _options, names) => {
        const { causeChaos, faultsNamed } = await import("#local/chaos/run.ts");
        const faults = faultsNamed(names.length > 0 ? names : ["all"]);
        const { loaded } = await context.load();
        const interrupt = new AbortController();
        for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interrupt.abort());
        const dataset = resolve(loaded.directory, loaded.config.dataset);
        const output: z.infer<typeof Output> = await causeChaos(faults, {
          dataset,
          log: context.progress,
          signal: interrupt.signal,
        });
        const rows = output.faults.map(({ name, ok, lost, seconds, detail }) => [
          name,
          ok ? "held" : "NOT HELD",
          String(lost),
          seconds.toFixed(1),
          detail,
        ]);
        return {
          output,
          text: [
            table(["fault", "promise", "lost", "seconds", "how"], rows),
            ...output.skipped.map(({ name, reason }) => `skipped  ${name}: ${reason}`),
          ].join("\n"),
          status: output.faults.every(({ ok }) => ok) ? 0 : 1,
        };
      }),
    );
}
