import type { WatchPlan } from "#contracts/watch.ts";
import { readIncidents } from "#stores/incidents.ts";
import type { Dependencies } from "./dependencies.ts";
import { named } from "./failure.ts";

/** Incidents that the dashboard is told of: open ones, and the last. */
const TOLD = 50;

/** Tells the edge's dashboard which alerts fire and how incidents stand; false where this edge has none. */
export const publishOperations =
  ({ edge, registry }: Pick<Dependencies, "edge" | "registry">) =>
  (alerts: WatchPlan["status"]): Promise<boolean> =>
    named(async () => {
      const all = await readIncidents(registry);
      const open = all.filter(({ closed }) => !closed);
      const incidents = [...open, ...all.filter(({ closed }) => closed)].slice(0, TOLD);
      return edge.publishOperations({
        alerts,
        incidents: incidents.map(({ id, level, cause, opened, acknowledged, closed }) => ({
          id: id.slice(0, 100),
          level,
          cause,
          opened,
          acknowledged: acknowledged?.at ?? null,
          closed: closed?.at ?? null,
        })),
      });
    });
