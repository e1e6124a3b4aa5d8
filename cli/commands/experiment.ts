import { readFileSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { z } from "zod";
import { InputError } from "#contracts/errors.ts";
import { Experiment, ExperimentReport } from "#contracts/experiment.ts";
import type { ExperimentNeeds } from "#workers/experiments.ts";
import type { References } from "#workers/references.ts";
import type { Act, Context } from "../context.ts";
import { table } from "../table.ts";

export const Output = z.object({
  experiments: z.array(Experiment).optional(),
  report: ExperimentReport.optional(),
});

type CreateOptions = { arm: string[]; mde: string; horizon: string; salt?: string };

const several = (value: string, before: string[] = []): string[] => [...before, value];

export function register(program: Command, act: Act): void {
  const experiment = program
    .command("experiment")
    .description("A/B experiments: models side by side, judged by evidence");

  experiment
    .command("list")
    .description("every experiment, with its state")
    .action(
      act((context) =>
        withHome(context, async ({ registry }) => {
          const { readExperiments } = await import("#stores/experiments.ts");
          return told(await readExperiments(registry));
        }),
      ),
    );

  experiment
    .command("create")
    .argument("<name>")
    .requiredOption("--arm <name=model@percent>", "an arm, the control first; may be given again", several)
    .option("--mde <points>", "smallest difference in accuracy one wants to see", "0.05")
    .option("--horizon <answers>", "judged answers beyond which it is called inconclusive", "1000")
    .option("--salt <text>", "what users are placed by (default: the name)")
    .description("plans an experiment; nobody is given another model yet")
    .action(
      act<CreateOptions>((context, { arm, mde, horizon, salt }, [name = ""]) =>
        withHome(context, async ({ registry }, references) => {
          const { createExperiment } = await import("#workers/experiments.ts");
          const arms = [];
          for (const text of arm) arms.push(await armOf(text, references));
          const plan = { name, salt: salt ?? `experiment-${name}`, arms, mde: Number(mde), horizon: Number(horizon) };
          return told([await createExperiment({ registry }, plan)]);
        }),
      ),
    );

  experiment
    .command("start")
    .argument("<name>")
    .description("freezes the plan and gives the arms their users")
    .action(
      act((context, _options, [name = ""]) =>
        withEdge(context, async (needs) => {
          const { startExperiment } = await import("#workers/experiments.ts");
          return told([await startExperiment(needs, name)]);
        }),
      ),
    );

  experiment
    .command("stop")
    .argument("<name>")
    .option("--reason <text>", "why, for the record")
    .description("gives the arms' users back to the current model")
    .action(
      act<{ reason?: string }>((context, { reason }, [name = ""]) =>
        withEdge(context, async (needs) => {
          const { stopExperiment } = await import("#workers/experiments.ts");
          return told([await stopExperiment(needs, name, reason)]);
        }),
      ),
    );

  experiment
    .command("report")
    .argument("<name>")
    .option("--html <file>", "writes the report as a page too")
    .description("accuracy, conversion and latency of each arm, and whether there is a winner")
    .action(
      act<{ html?: string }>((context, { html }, [name = ""]) =>
        withEdge(context, async (needs, references) => {
          const [{ experimentReport }, { resolveModel }, page] = await Promise.all([
            import("#workers/experiments.ts"),
            import("#workers/references.ts"),
            import("#workers/experiment-page.ts"),
          ]);
          const controlOf = async (sha256: string) => (await resolveModel(sha256, references)).model;
          const report = await experimentReport(needs, name, controlOf);
          if (html !== undefined) writeFileSync(html, page.experimentPage(report));
          const text = [
            table(page.ARM_HEAD, page.armRows(report)),
            "",
            table(page.VARIANT_HEAD, page.variantRows(report)),
            "",
            page.decided(report),
          ];
          return { output: { report } satisfies z.infer<typeof Output>, text: text.join("\n") };
        }),
      ),
    );
}

const told = (experiments: Experiment[]) => ({
  output: { experiments } satisfies z.infer<typeof Output>,
  text:
    experiments.length === 0
      ? "No experiment yet: haqei experiment create NAME --arm control=current@5 --arm new=DIGEST@5"
      : table(
          ["name", "state", "arms"],
          experiments.map(({ plan, state }) => [
            plan.name,
            state,
            plan.arms.map((arm) => `${arm.name} ${arm.sha256.slice(0, 12)} ${arm.basisPoints / 100}%`).join(", "),
          ]),
        ),
});

async function armOf(text: string, references: References) {
  const found = /^([^=]+)=(.+)@(\d+(?:\.\d+)?)$/.exec(text);
  if (found === null) throw new InputError(`${text} is no arm`, "Write name=model@percent, such as control=current@5.");
  const { resolveDigest } = await import("#workers/references.ts");
  const [, name = "", model = "", percent] = found;
  return { name, sha256: await resolveDigest(model, references), basisPoints: Math.round(Number(percent) * 100) };
}

/** Runs with the home's registry, which is closed again. */
async function withHome<T>(
  context: Context,
  work: (needs: Pick<ExperimentNeeds, "registry">, references: References) => Promise<T>,
): Promise<T> {
  const [{ artefactStore }, { sqliteRegistry }] = await Promise.all([
    import("#workers/dependencies.ts"),
    import("#stores/registry.ts"),
  ]);
  const { loaded, home } = await context.load();
  const registry = sqliteRegistry(home.registryFile);
  try {
    return await work({ registry }, { home, artefacts: artefactStore(loaded.config.store, home.artefacts) });
  } finally {
    registry.close();
  }
}

/** `withHome`, and with the edge, to which pointers are signed. */
const withEdge = <T>(
  context: Context,
  work: (needs: ExperimentNeeds, references: References) => Promise<T>,
): Promise<T> =>
  withHome(context, async ({ registry }, references) => {
    const [{ readEndpoints, homeSigner }, { createEdgeClient }] = await Promise.all([
      import("#local/home.ts"),
      import("#stores/edge.ts"),
    ]);
    const { edge, adminSecretFile } = readEndpoints(references.home);
    const adminSecret = readFileSync(adminSecretFile, "utf8").trim();
    const client = createEdgeClient({ url: edge.url, adminSecret }, homeSigner(references.home));
    return work({ registry, edge: client, now: Date.now }, references);
  });
