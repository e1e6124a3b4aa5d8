import type { Command } from "commander";
import { z } from "zod";
import type { Act } from "../context.ts";

export const Output = z.object({ stopped: z.array(z.string()) });

export function register(program: Command, act: Act): void {
  program
    .command("stop")
    .description("end what `start` left running in this home")
    .action(
      act(async (context) => {
        const { stopHome } = await import("#local/processes.ts");
        const { home } = await context.load();
        const stopped = await stopHome(home);
        return {
          output: { stopped } satisfies z.infer<typeof Output>,
          text: stopped.length === 0 ? `Nothing was running in ${home.directory}.` : `Ended: ${stopped.join(", ")}.`,
        };
      }),
    );
}
