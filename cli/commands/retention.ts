import type { Command } from "commander";
import { RetentionReport } from "#contracts/retention.ts";
import { readEndpoints } from "#local/home.ts";
import type { Act } from "../context.ts";

export const Output = RetentionReport;

export function register(program: Command, act: Act): void {
  program
    .command("retention")
    .option("--plan", "only show what would go")
    .description("take away what is kept no longer: old models, old logs; pack old events, without what users deleted")
    .action(
      act<{ plan?: boolean }>(async (context, { plan = false }) => {
        const { home } = await context.load();
        const { connectClient } = await import("#workers/client.ts");
        const client = await connectClient(readEndpoints(home));
        try {
          const report: RetentionReport = await client.workflow.execute("retention", {
            taskQueue: "pipeline",
            workflowId: plan ? "retention-plan" : "retention-by-hand",
            workflowIdConflictPolicy: "USE_EXISTING",
            args: [{ plan }],
            staticSummary: plan ? "what would go" : "takes away what is kept no longer",
          });
          return { output: report, text: inWords(report) };
        } finally {
          await client.connection.close();
        }
      }),
    );
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function others({ remove, bytes, byKind, heldBy }: RetentionReport["artefacts"], done: boolean): string {
  if (heldBy.length > 0) return `wait for ${heldBy.join(", ")}, which may be about to read some`;
  const kinds = Object.entries(byKind).map(([kind, n]) => `${n} ${kind}`);
  return `${remove} ${done ? "removed" : "would go"}, ${megabytes(bytes)}${kinds.length > 0 ? ` (${kinds.join(", ")})` : ""}`;
}

function inWords({ done, models, artefacts, logs, events, superseded }: RetentionReport): string {
  const { segments, lines, bytes, packedBytes, erased } = events;
  return [
    `Models: ${models.keep.length} stay, ${models.remove.length} ${done ? "removed" : "would go"}.`,
    ...models.remove.map((sha256) => `  ${sha256.slice(0, 12)}`),
    `Other artefacts: ${others(artefacts, done)}.`,
    `Log files: ${logs.map(({ name }) => name).join(", ") || "none is old"}.`,
    `Events: ${segments} segments, ${lines} lines, ${megabytes(bytes)}${packedBytes === undefined ? "" : ` packed to ${megabytes(packedBytes)}; ${erased} lines left out, since users deleted them`}.`,
    `Partitions that others took the place of: ${superseded}.`,
    ...(done ? [] : ["", "Do it: the same command without --plan; the schedule does it every morning."]),
  ].join("\n");
}
