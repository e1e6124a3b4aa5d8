import type { Command } from "commander";
import { z } from "zod";
import { AuditEntry } from "#contracts/audit.ts";
import { InputError } from "#contracts/errors.ts";
import type { Act } from "../context.ts";
import { table } from "../table.ts";

export const Output = z.object({ ok: z.boolean(), entries: z.array(AuditEntry), faults: z.array(z.string()) });

const SHOWN = 50;

export function register(program: Command, act: Act): void {
  program
    .command("audit")
    .option("--limit <n>", "entries to show", String(SHOWN))
    .description("what persons did, and whether anybody changed the record of it")
    .action(
      act<{ limit: string }>(async (context, options) => {
        const limit = Number(options.limit);
        if (!Number.isInteger(limit) || limit < 1)
          throw new InputError(`--limit ${options.limit} is no number of entries`, "Give a whole number from 1.");
        const [{ readAudit }, { openRegistry }] = await Promise.all([
          import("#stores/audit-log.ts"),
          import("#workers/dependencies.ts"),
        ]);
        const { loaded, home } = await context.load();
        const registry = openRegistry(loaded.config.registry, home.registryFile);
        try {
          const { entries, faults } = await readAudit(registry, limit);
          const rows = entries.map(({ at, person, action, detail, status }) => [
            new Date(at).toISOString(),
            person,
            action,
            Object.entries(detail)
              .map(([name, value]) => `${name}=${value}`)
              .join(" "),
            String(status),
          ]);
          return {
            output: { ok: faults.length === 0, entries, faults } satisfies z.infer<typeof Output>,
            text: [
              entries.length === 0 ? "Nothing was done yet." : table(["when", "who", "what", "with", "exit"], rows),
              ...(faults.length === 0 ? [] : ["", ...faults.map((fault) => `FAIL  ${fault}`)]),
            ].join("\n"),
            status: faults.length === 0 ? 0 : 1,
          };
        } finally {
          registry.close();
        }
      }),
    );
}
