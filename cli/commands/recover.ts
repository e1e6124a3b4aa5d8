import { readFileSync } from "node:fs";
import type { Command as Program } from "commander";
import { Recovery } from "#contracts/recovery.ts";
import { homeSigner, readEndpoints } from "#local/home.ts";
import { person } from "../audited.ts";
import type { Act } from "../context.ts";
import { table } from "../table.ts";
import { withRegistry } from "./incidents.ts";

export const Output = Recovery;

export function register(program: Program, act: Act): void {
  program
    .command("recover")
    .option("--dry-run", "look, and change nothing")
    .option("--again", "go through all steps although answers are good; what stands is left as it is")
    .description("the recovery procedure: state, rollback, cache, simple mode, closer watch, each step verified")
    .action(
      act<{ dryRun?: boolean; again?: boolean }>((context, { dryRun = false, again = false }) =>
        withRegistry(context, async (registry) => {
          const { home, loaded } = await context.load();
          const endpoints = readEndpoints(home);
          const [{ recover }, { createEdgeClient }] = await Promise.all([
            import("#workers/recover.ts"),
            import("#stores/edge.ts"),
          ]);
          const adminSecret = readFileSync(endpoints.adminSecretFile, "utf8").trim();
          const edge = createEdgeClient({ url: endpoints.edge.url, adminSecret }, homeSigner(home));
          const needs = { edge, registry, endpoints, config: loaded.config, now: Date.now, person: person() };
          const output = await recover(needs, { dryRun, again });
          const rows = output.steps.map(({ name, ok, detail, seconds }) => [
            name,
            ok ? "ok" : "no",
            seconds.toFixed(2),
            detail,
          ]);
          return {
            output,
            text: `${table(["step", "", "seconds", ""], rows)}\n\n${output.recovered ? "Recovered." : dryRun ? "Not well: haqei recover" : "Not recovered: OPERATIONS.md, When recovery does not help."}`,
            status: output.recovered ? 0 : 1,
          };
        }),
      ),
    );
}
