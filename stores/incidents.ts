import { z } from "zod";
import { INCIDENTS, Incident } from "#contracts/incident.ts";
import { change } from "./change.ts";
import type { Registry } from "./registry.ts";

/** Incidents that are kept. */
const KEPT = 200;
const Incidents = z.array(Incident);

/** The incidents of a home, newest first. */
export async function readIncidents(registry: Registry): Promise<Incident[]> {
  return Incidents.parse((await registry.read(INCIDENTS)).value ?? []);
}

/** Writes an incident as it stands, in the place of what was known of it. */
export async function keepIncident(registry: Registry, incident: Incident): Promise<void> {
  await change(registry, INCIDENTS, Incidents, [], (known) =>
    known.some(({ id }) => id === incident.id)
      ? known.map((one) => (one.id === incident.id ? incident : one))
      : [incident, ...known].slice(0, KEPT),
  );
}

/** Writes a new incident down: the one that is there by its id, or open for the same cause, stays. Answers which it is. */
export async function beginIncident(registry: Registry, incident: Incident): Promise<Incident> {
  const same = (one: Incident) => one.id === incident.id || (one.cause === incident.cause && !one.closed);
  const known = await change(registry, INCIDENTS, Incidents, [], (kept) =>
    kept.some(same) ? kept : [incident, ...kept].slice(0, KEPT),
  );
  return known.find(same) ?? incident;
}
