import type { Command as Program } from "commander";
import { z } from "zod";
import { InputError } from "#contracts/errors.ts";
import { Incident } from "#contracts/incident.ts";
import { readEndpoints } from "#local/home.ts";
import { readIncidents } from "#stores/incidents.ts";
import type { Registry } from "#stores/registry.ts";
import { person } from "../audited.ts";
import type { Act, Context, Result } from "../context.ts";
import { table } from "../table.ts";

export const Output = z.object({ incidents: z.array(Incident) });

type Options = { all?: boolean; reason?: string; person?: string };

export function register(program: Program, act: Act): void {
  const incidents = program.command("incidents").description("what somebody must look at, and what was done about it");
  incidents
    .command("list")
    .option("--all", "closed ones as well")
    .description("open incidents, newest first")
    .action(
      act<Options>((context, { all }) =>
        withRegistry(context, async (registry) => {
          const found = (await readIncidents(registry)).filter(({ closed }) => all || !closed);
          return { output: { incidents: found }, text: listed(found) };
        }),
      ),
    );
  incidents
    .command("show")
    .argument("<incident>", "its id or its cause")
    .description("one incident with its timeline")
    .action(
      act((context, _, [name = ""]) =>
        withRegistry(context, async (registry) => {
          const { findIncident } = await import("#workers/incidents.ts");
          const found = await findIncident(registry, name);
          return { output: { incidents: [found] }, text: shown(found) };
        }),
      ),
    );
  for (const [name, description] of [
    ["ack", "say that somebody has taken it"],
    ["note", "write something into its timeline"],
    ["close", "close it, where no measurement can"],
  ] as const) {
    incidents
      .command(name)
      .argument("<incident>", "its id or its cause")
      .option("--reason <text>", "what is said; it is recorded")
      .option("--person <name>", "who says so (default: you)")
      .description(description)
      .action(
        act<Options>((context, options, [incident = ""]) =>
          withRegistry(context, async (registry) => {
            if (!options.reason?.trim())
              throw new InputError("a reason is missing", "Say why: --reason TEXT. It is recorded.");
            const { home } = await context.load();
            const { tellIncident } = await import("#workers/incidents.ts");
            const needs = { registry, endpoints: readEndpoints(home) };
            const by = { person: options.person ?? person(), reason: options.reason };
            const told = await tellIncident(needs, incident, name, by);
            return { output: { incidents: [told] }, text: shown(told) };
          }),
        ),
      );
  }
}

/** Does it with the home's registry, which is closed afterwards. */
export async function withRegistry(context: Context, work: (registry: Registry) => Promise<Result>): Promise<Result> {
  const { home, loaded } = await context.load();
  const { openRegistry } = await import("#workers/dependencies.ts");
  const registry = openRegistry(loaded.config.registry, home.registryFile);
  try {
    return await work(registry);
  } finally {
    registry.close();
  }
}

const at = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace("T", " ");
const standing = ({ acknowledged, closed, escalated }: Incident): string =>
  closed
    ? `closed ${at(closed.at)}`
    : acknowledged
      ? `taken by ${acknowledged.person}`
      : `nobody has answered${escalated ? `, called again ${escalated} times` : ""}`;

function listed(incidents: readonly Incident[]): string {
  if (incidents.length === 0) return "No incident is open.";
  const rows = incidents.map((one) => [one.id, String(one.level), one.cause, at(one.opened), standing(one)]);
  return `${table(["incident", "level", "cause", "opened (UTC)", "stands"], rows)}\n\nWhat to do: OPERATIONS.md, by cause. Then: haqei incidents ack ID --reason TEXT`;
}

const shown = (one: Incident): string =>
  [
    `${one.id}: level ${one.level}, ${one.cause}, opened ${at(one.opened)} UTC; ${standing(one)}.`,
    "",
    ...one.timeline.map(
      ({ at: when, what, person: who, reason }) => `${at(when)}  ${what}${who ? ` (${who}: ${reason})` : ""}`,
    ),
    "",
    `What to do: OPERATIONS.md#${one.cause}`,
  ].join("\n");
