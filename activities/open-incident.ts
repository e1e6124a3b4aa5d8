import { z } from "zod";
import { INCIDENTS, Incident } from "#contracts/incident.ts";
import type { Registry } from "#stores/registry.ts";
import type { Dependencies } from "./dependencies.ts";
import { named } from "./failure.ts";

/** Incidents that are kept. */
const KEPT = 200;

/** The incidents of a home, newest first. */
export async function readIncidents(registry: Registry): Promise<Incident[]> {
  return z.array(Incident).parse((await registry.read(INCIDENTS)).value ?? []);
}

/** Writes an incident down, once an id. @throws ConflictError where another writer was faster: do it again */
export const openIncident =
  ({ registry }: Pick<Dependencies, "registry">) =>
  (incident: Incident): Promise<void> =>
    named(async () => {
      const { epoch } = await registry.read(INCIDENTS);
      const known = await readIncidents(registry);
      if (known.some(({ id }) => id === incident.id)) return;
      await registry.compareAndSet(INCIDENTS, epoch, [Incident.parse(incident), ...known].slice(0, KEPT));
    });
