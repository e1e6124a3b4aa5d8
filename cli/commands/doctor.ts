import type { Command } from "commander";
import { z } from "zod";
import type { Act } from "../context.ts";

export const Output = z.object({
  checks: z.array(
    z.object({ name: z.string(), ok: z.boolean(), detail: z.string(), optional: z.boolean(), hint: z.string() }),
  ),
});

export function register(program: Command, act: Act): void {
  program
    .command("doctor")
    .description("what is missing or wrong on this machine, and the mend")
    .action(
      act(async (context) => {
        const { examine } = await import("#local/doctor.ts");
        const { home } = await context.load();
        const checks = await examine(home);
        const output: z.infer<typeof Output> = { checks };
        const text = checks
          .map(({ name, ok, optional, detail, hint }) => {
            const mark = ok ? "ok  " : optional ? "note" : "FAIL";
            return `${mark}  ${name}: ${detail}${ok ? "" : `\n      ${hint}`}`;
          })
          .join("\n");
        return { output, text, status: checks.every(({ ok, optional }) => ok || optional) ? 0 : 1 };
      }),
    );
}
