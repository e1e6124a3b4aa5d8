import { existsSync } from "node:fs";
import type { Command } from "commander";
import { z } from "zod";
import type { Home } from "#local/home.ts";
import type { Lineage } from "#stores/lineage.ts";
import type { Act } from "../context.ts";

export const Output = z.object({
  /** What the name stands for. */
  sha256: z.string(),
  nodes: z.array(z.object({ sha256: z.string(), kind: z.string(), producedBy: z.string() })),
  edges: z.array(z.object({ from: z.string(), to: z.string(), role: z.string() })),
  /** Runs that made or decided on one of these models; empty while Temporal is not reachable. */
  runs: z.array(z.object({ workflowId: z.string(), runId: z.string(), model: z.string() })),
});

export function register(program: Command, act: Act): void {
  program
    .command("lineage")
    .argument("<id>", "a prediction's eventId, current, canary, previous, a version, or (the beginning of) a digest")
    .description("everything that something was made from, and everything that was made from it")
    .action(
      act(async (context, _options, [id = ""]) => {
        const [{ artefactStore }, { resolveDigest }, { lineageOf }] = await Promise.all([
          import("#workers/dependencies.ts"),
          import("#workers/references.ts"),
          import("#stores/lineage.ts"),
        ]);
        const { loaded, home } = await context.load();
        const artefacts = artefactStore(loaded.config.store, home.artefacts);
        const sha256 = await resolveDigest(id, { home, artefacts });
        const manifests = (await artefacts.list()).map(({ manifest }) => manifest);
        const lineage = lineageOf(manifests, sha256);
        const models = lineage.nodes.filter(({ kind }) => kind === "model").map((node) => node.sha256);
        const output: z.infer<typeof Output> = { sha256, ...lineage, runs: await runsOf(home, models) };
        return { output, text: describe(output) };
      }),
    );
}

/** Runs whose model is one of these; none where Temporal is away, since a lineage is told without it. */
async function runsOf(home: Home, models: readonly string[]): Promise<z.infer<typeof Output>["runs"]> {
  if (!existsSync(home.endpointsFile) || models.length === 0) return [];
  const [{ connectClient }, { readEndpoints }, { NotReachableError }] = await Promise.all([
    import("#workers/client.ts"),
    import("#local/home.ts"),
    import("#contracts/errors.ts"),
  ]);
  try {
    const client = await connectClient(readEndpoints(home));
    try {
      const runs = [];
      for (const model of models)
        for await (const { workflowId, runId } of client.workflow.list({ query: `ModelDigest = "${model}"` }))
          runs.push({ workflowId, runId, model });
      return runs;
    } finally {
      await client.connection.close();
    }
  } catch (error) {
    if (error instanceof NotReachableError) return [];
    throw error;
  }
}

/** A tree upwards, what it was made from below it, then one downwards. */
function describe({ sha256, nodes, edges, runs }: z.infer<typeof Output>): string {
  const node = new Map(nodes.map((one) => [one.sha256, one]));
  const named = (digest: string, role?: string) => {
    const { kind = "missing", producedBy = "" } = node.get(digest) ?? {};
    return `${role ? `${role}: ` : ""}${kind} ${digest.slice(0, 12)}${producedBy ? ` by ${producedBy}` : ""}`;
  };
  const seen = new Set<string>();
  /** An artefact that was drawn already is named again, but not what lies below it. */
  const branch = (digest: string, depth: number, way: "up" | "down"): string[] =>
    (way === "up" ? from(digest, edges) : to(digest, edges)).flatMap(({ other, role }) => {
      const line = `${"  ".repeat(depth)}${named(other, role)}`;
      if (seen.has(`${way} ${other}`)) return [line];
      seen.add(`${way} ${other}`);
      return [line, ...branch(other, depth + 1, way)];
    });
  const [up, down] = [branch(sha256, 1, "up"), branch(sha256, 1, "down")];
  return [
    named(sha256),
    ...(up.length > 0 ? ["made from", ...up] : ["made from nothing that is known here"]),
    ...(down.length > 0 ? ["from it were made", ...down] : []),
    ...(runs.length > 0 ? ["runs", ...runs.map((run) => `  ${run.workflowId}: model ${run.model.slice(0, 12)}`)] : []),
  ].join("\n");
}

const from = (digest: string, edges: Lineage["edges"]) =>
  edges.filter((edge) => edge.to === digest).map((edge) => ({ other: edge.from, role: edge.role }));
const to = (digest: string, edges: Lineage["edges"]) =>
  edges.filter((edge) => edge.from === digest).map((edge) => ({ other: edge.to, role: edge.role }));
