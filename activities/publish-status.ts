import type { ReleaseStatus } from "#contracts/status.ts";
import type { Dependencies } from "./dependencies.ts";
import { named } from "./failure.ts";

/** Tells the edge's dashboard how a rollout stands; false where this edge has none. */
export const publishStatus =
  ({ edge }: Pick<Dependencies, "edge">) =>
  (status: ReleaseStatus): Promise<boolean> =>
    named(() => edge.publishRelease(status));
