import { type Client, WorkflowNotFoundError } from "@temporalio/client";
import { z } from "zod";
import { LogicalDate, type RunInput, runIdOf } from "#contracts/run.ts";
import type { Act } from "#contracts/watch.ts";
import { hoursOf } from "#policy/duration.ts";
import { logicalDateOf } from "#policy/logical-date.ts";
import { appendAudit } from "#stores/audit-log.ts";
import { change } from "#stores/change.ts";
import type { Dependencies } from "./dependencies.ts";
import { decidedOnce, EpisodeDecision } from "./episode-decisions.ts";
import { named } from "./failure.ts";

const Decision = EpisodeDecision.extend({
  how: z.enum(["start", "cooling"]),
  date: LogicalDate,
  /** It was started and written into the audit log. */
  done: z.boolean(),
});
type Decision = z.infer<typeof Decision>;
const DECISIONS = { name: "watch/retrains", schema: Decision };
const HOUR = 3_600_000;
const PERSON = "emergency_retrain";

type Needs = Pick<Dependencies, "config" | "registry" | "now">;

/** Starts a run on the queue of emergencies, or joins the one that runs; one that began since `since` (ms since 1970) is that very one. */
export type StartRetrain = (input: RunInput, since: number) => Promise<void>;

/** The starter that asks the server. */
export const retrainStarter =
  (client: () => Client): StartRetrain =>
  async (input, since) => {
    const { workflow } = client();
    const workflowId = runIdOf(input);
    const known = await workflow
      .getHandle(workflowId)
      .describe()
      .catch((error: unknown) => {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw error;
      });
    if (known && known.startTime.getTime() >= since) return;
    await workflow.start("emergencyRetrain", {
      taskQueue: "urgent",
      workflowId,
      args: [input],
      workflowIdReusePolicy: "ALLOW_DUPLICATE",
      workflowIdConflictPolicy: "USE_EXISTING",
      staticSummary: `emergency retrain for ${input.date}`,
      staticDetails: "Started by the watch: judged answers are wrong more often than they may be (specification 7.2).",
    });
  };

/**
 * The action `emergency_retrain` (specification 7.2, `immediate`): trains on from the current model with what users said up to now, on a queue of
 * its own, and offers the result to the rollout. Once an episode, and no sooner than `emergency.coolDown` after the one before; each start
 * is in the audit log. Answers what was done, in a sentence.
 */
export const emergencyRetrain =
  (needs: Needs, start: StartRetrain) =>
  (call: Act): Promise<string> =>
    named(async () => {
      const { config, registry, now } = needs;
      const decision = await decided(needs, call);
      const { how, date, at } = decision;
      if (how === "cooling")
        return `no emergency retrain was started for ${call.rule}: one was less than ${config.emergency.coolDown} ago`;
      const input: RunInput = { kind: "emergency", date, seed: config.seed, release: true };
      const run = runIdOf(input);
      if (!decision.done) {
        await start(input, at);
        const detail = { rule: call.rule, value: call.value ?? "not measured", run };
        await appendAudit(registry, { at: now(), person: PERSON, action: "run emergency", detail, status: 0 });
        await change(registry, DECISIONS.name, z.array(Decision), [], (known) =>
          known.map((one) => (one.episode === call.episode ? { ...one, done: true } : one)),
        );
      }
      return `the emergency retrain ${run} was started`;
    });

function decided({ config, registry, now }: Needs, { episode }: Act): Promise<Decision> {
  const at = now();
  const cooled = at - hoursOf(config.emergency.coolDown) * HOUR;
  return decidedOnce(registry, DECISIONS, episode, (known) => {
    const isCooling = known.some(({ how, at: then }) => how === "start" && then > cooled);
    const date = logicalDateOf(at, config.timezone);
    return { episode, at, how: isCooling ? "cooling" : "start", date, done: false };
  });
}
