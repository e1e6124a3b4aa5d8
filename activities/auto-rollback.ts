import type { Client } from "@temporalio/client";
import { WorkflowNotFoundError } from "@temporalio/client";
import { z } from "zod";
import { ROLLOUT_ID, type Rollout } from "#contracts/rollout.ts";
import type { Act } from "#contracts/watch.ts";
import { hoursOf } from "#policy/duration.ts";
import { isOver } from "#policy/rollout.ts";
import type { Dependencies } from "./dependencies.ts";
import { decidedOnce, EpisodeDecision } from "./episode-decisions.ts";
import { named } from "./failure.ts";
import { beating } from "./heartbeat.ts";
import { goBack } from "./roll-back.ts";

const Decision = EpisodeDecision.extend({
  how: z.enum(["rollout", "previous", "simple", "settling", "nothing"]),
  /** The model that is taken away. */
  model: z.string().optional(),
});
type Decision = z.infer<typeof Decision>;
const DECISIONS = { name: "watch/rollbacks", schema: Decision };
const HOUR = 3_600_000;
const PERSON = "auto_rollback";

/** What `auto_rollback` needs to know of Temporal. */
export interface RolloutDesk {
  /** The rollout under way, if one is. */
  running(): Promise<Rollout | undefined>;
  /** Tells it to go back, and waits until it has. */
  rollBack(by: { person: string; reason: string }): Promise<void>;
}

/** The rollout as the server knows it. */
export const rolloutDesk = (client: () => Client): RolloutDesk => ({
  async running() {
    try {
      const rollout = await client().workflow.getHandle(ROLLOUT_ID).query<Rollout>("rollout");
      return isOver(rollout) ? undefined : rollout;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  },
  async rollBack(by) {
    await client()
      .workflow.getHandle(ROLLOUT_ID)
      .executeUpdate("rollback", { args: [by] });
  },
});

/**
 * The action `auto_rollback` (specification 4.2): a running rollout goes back; without one the model before serves again; where there is none
 * the edge is switched to simple mode, for a while. Answers what was done, in a sentence. Shortly after it has acted it does nothing:
 * what is measured then still holds what was before.
 */
export const autoRollback =
  (needs: Pick<Dependencies, "config" | "registry" | "edge" | "now">, desk: RolloutDesk) =>
  (call: Act): Promise<string> =>
    beating(() =>
      named(async () => {
        const { config, edge, registry, now } = needs;
        const decision = await decided(needs, desk, call);
        const reason = `${call.rule} at ${call.value ?? "an unknown value"}`;
        switch (decision.how) {
          case "settling":
            return `nothing was rolled back for ${call.rule}: that was done less than ${config.watch.settle} ago`;
          case "nothing":
            return `nothing was rolled back for ${call.rule}: no model is released`;
          case "rollout": {
            if ((await desk.running()) !== undefined) await desk.rollBack({ person: PERSON, reason });
            return "the running rollout was rolled back";
          }
          case "previous": {
            const { seconds } = await goBack(
              { edge, registry, now },
              {
                cause: reason,
                person: PERSON,
                at: decision.at,
                looks: config.release.health.looks,
                ...(decision.model ? { model: decision.model } : {}),
              },
            );
            return `model ${decision.model?.slice(0, 12)} was taken away, and the one before serves again, after ${seconds.toFixed(1)} s`;
          }
          case "simple": {
            const until = decision.at + hoursOf(config.recover.simpleFor) * HOUR;
            await edge.switchMode({ mode: "simple", until, reason: `auto_rollback: ${reason}` });
            return `there is no model to go back to: simple mode is on until ${new Date(until).toISOString()}`;
          }
        }
      }),
    );

async function decided(
  { config, registry, edge, now }: Pick<Dependencies, "config" | "registry" | "edge" | "now">,
  desk: RolloutDesk,
  { episode }: Act,
): Promise<Decision> {
  const [rollout, pointer] = await Promise.all([desk.running(), edge.pointer()]);
  const at = now();
  const settled = at - hoursOf(config.watch.settle) * HOUR;
  const acted = ({ how }: Decision) => how !== "settling" && how !== "nothing";
  const wanted = (): Omit<Decision, "episode" | "at"> => {
    // A shadow is seen by nobody: it is not what users meet.
    const isUnseen = pointer?.shadow !== undefined && pointer.canary === undefined;
    if (rollout && !isUnseen) return { how: "rollout" };
    if (!pointer) return { how: "nothing" };
    if (pointer.canary) return { how: "previous", model: pointer.canary.sha256 };
    return pointer.previous ? { how: "previous", model: pointer.current.sha256 } : { how: "simple" };
  };
  return decidedOnce(registry, DECISIONS, episode, (known) => {
    const isSettling = known.some((one) => acted(one) && one.at > settled);
    return { episode, at, ...(isSettling ? { how: "settling" as const } : wanted()) };
  });
}
