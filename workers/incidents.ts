import { WorkflowNotFoundError, WorkflowUpdateFailedError } from "@temporalio/client";
import { ConflictError, NotFoundError } from "#contracts/errors.ts";
import { type Incident, incidentWorkflowId } from "#contracts/incident.ts";
import type { Command } from "#contracts/rollout.ts";
import type { Endpoints } from "#local/home.ts";
import { keepIncident, readIncidents } from "#stores/incidents.ts";
import type { Registry } from "#stores/registry.ts";
import type { incident } from "#workflows/incident.ts";
import { incidentUpdates } from "#workflows/messages.ts";
import { connectClient } from "./client.ts";

/** The incident by its id, or the last one of a cause. @throws NotFoundError */
export async function findIncident(registry: Registry, name: string): Promise<Incident> {
  const found = (await readIncidents(registry)).find(({ id, cause }) => id === name || cause === name);
  if (found) return found;
  throw new NotFoundError(`there is no incident ${name}`, "`haqei incidents list` names them all.");
}

/**
 * Says something of an open incident; answers how it stands then. One whose workflow is gone (a server that was begun anew) is closed in
 * the records alone.
 * @throws ConflictError where it is closed; NotReachableError without Temporal
 */
export async function tellIncident(
  { registry, endpoints }: { registry: Registry; endpoints: Endpoints },
  name: string,
  what: keyof typeof incidentUpdates,
  by: Command,
): Promise<Incident> {
  const known = await findIncident(registry, name);
  if (known.closed) throw new ConflictError(`incident ${known.id} is closed`, "haqei incidents show says how.");
  const client = await connectClient(endpoints);
  try {
    return await client.workflow
      .getHandle<typeof incident>(incidentWorkflowId(known.cause))
      .executeUpdate(incidentUpdates[what], { args: [by] });
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError)
      throw new ConflictError(
        error.cause?.message ?? `${what} was refused`,
        "haqei incidents show says how it stands.",
        {
          cause: error,
        },
      );
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    if (what !== "close")
      throw new ConflictError(`no workflow goes on with incident ${known.id}`, "Close it: haqei incidents close.", {
        cause: error,
      });
    const at = Date.now();
    const closed: Incident = {
      ...known,
      closed: { at, ...by },
      timeline: [...known.timeline, { at, what: "closed by a person", ...by }],
    };
    await keepIncident(registry, closed);
    return closed;
  } finally {
    await client.connection.close();
  }
}
