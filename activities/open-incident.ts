import type { Client } from "@temporalio/client";
import { type Incident, incidentWorkflowId } from "#contracts/incident.ts";
import type { CallingSettings } from "#contracts/watch.ts";
import { beginIncident } from "#stores/incidents.ts";
import type { Dependencies } from "./dependencies.ts";
import { named } from "./failure.ts";

/** Begins the workflow of an incident, or has the one that runs know of what happened again. */
export async function startIncident(client: Client, incident: Incident, settings: CallingSettings): Promise<void> {
  await client.workflow.signalWithStart("incident", {
    workflowId: incidentWorkflowId(incident.cause),
    taskQueue: "pipeline",
    args: [{ incident, settings }],
    signal: "seen",
    signalArgs: [incident],
    staticSummary: `incident: ${incident.cause}`,
  });
}

/** Writes an incident down, once an id and once a cause while it is open, and begins its workflow. */
export const openIncident =
  (
    { registry }: Pick<Dependencies, "registry">,
    start: (incident: Incident) => Promise<void> = async () => undefined,
  ) =>
  (incident: Incident): Promise<void> =>
    named(async () => {
      await beginIncident(registry, incident);
      await start(incident);
    });
