import type { Incident } from "#contracts/incident.ts";
import { keepIncident as keep } from "#stores/incidents.ts";
import type { Dependencies } from "./dependencies.ts";
import { named } from "./failure.ts";

/** Writes an incident as its workflow has it. */
export const keepIncident =
  ({ registry }: Pick<Dependencies, "registry">) =>
  (incident: Incident): Promise<void> =>
    named(() => keep(registry, incident));
