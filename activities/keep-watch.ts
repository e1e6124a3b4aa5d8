import { setTimeout as pause } from "node:timers/promises";
import { log } from "@temporalio/activity";
import type { Config } from "#contracts/config.ts";
import {
  type CallingSettings,
  CLOSER_WATCH,
  CloserWatch,
  SILENCES,
  Silences,
  WATCH,
  type WatchCall,
  type WatchPlan,
  WatchRecord,
} from "#contracts/watch.ts";
import { lookAt, NO_WATCH } from "#policy/alerts/look.ts";
import { planOf } from "#policy/alerts/plan.ts";
import { rulesOf } from "#policy/alerts/rules.ts";
import { hoursOf } from "#policy/duration.ts";
import { change } from "#stores/change.ts";
import type { Registry } from "#stores/registry.ts";
import type { Dependencies } from "./dependencies.ts";
import { named } from "./failure.ts";

const millisecondsOf = (duration: string): number => hoursOf(duration) * 3_600_000;

/** What incidents and messages go by. */
export const callingSettings = ({ timezone, watch, incidents, notify }: Config): CallingSettings => ({
  timezone,
  runbook: watch.runbook,
  incidents,
  routes: notify.routes,
  retry: notify.retry,
});

/** An edge that is silent for so long does not answer: whoever looks cannot wait for it. */
const SILENT_MS = 10_000;

/** Where an edge that does not answer is seen: a metric that is always there. */
const reachable = (edge: Dependencies["edge"]): Promise<number> =>
  Promise.race([
    edge.health().then(
      () => 1,
      () => 0,
    ),
    pause(SILENT_MS, 0, { ref: false }),
  ]);

/** ms until it is looked again, where a recovery wants it closer and this workflow's time is not over. */
async function soonAgain(registry: Registry, { watch, recover }: Config, now: number, since: number) {
  const closer = CloserWatch.safeParse((await registry.read(CLOSER_WATCH)).value);
  const pause = millisecondsOf(recover.watchEvery);
  const isWanted = closer.success && now + pause <= closer.data.until;
  return isWanted && now + pause < since + millisecondsOf(watch.every) ? pause : null;
}

/**
 * Goes by the rules once: from what was measured and the state that the registry keeps to the next one, and what follows from it. Counts
 * once a tick; one that is asked for again answers what was decided then.
 */
export const keepWatch =
  ({ config, registry, edge, now }: Pick<Dependencies, "config" | "registry" | "edge" | "now">) =>
  ({ tick, samples, since }: WatchCall): Promise<WatchPlan> =>
    named(async () => {
      const rules = rulesOf(config);
      const measured = { ...samples, edge_reachable: { value: await reachable(edge), n: 1 } };
      const silences = Silences.parse((await registry.read(SILENCES)).value ?? []);
      const at = now();
      const again = await soonAgain(registry, config, at, since);
      const { every, group_wait, group_interval, repeat_interval } = config.watch;
      const look = {
        now: at,
        samples: measured,
        rules,
        silences,
        every: millisecondsOf(every),
        timing: {
          group_wait: millisecondsOf(group_wait),
          group_interval: millisecondsOf(group_interval),
          repeat_interval: millisecondsOf(repeat_interval),
        },
      };
      const first: WatchRecord = { tick: "", state: NO_WATCH, plan: null };
      const { plan } = await change(registry, WATCH, WatchRecord, first, (record) => {
        if (record.tick === tick) return record;
        const looked = lookAt(record.state, look);
        return {
          tick,
          state: looked.after,
          plan: { ...planOf(looked, rules, measured, callingSettings(config)), again },
        };
      });
      if (plan === null) throw new TypeError("a look that was kept has no plan");
      for (const { name, level, value } of plan.status) log.info("an alert fires", { alert: name, level, value });
      if (plan.gap !== null) log.warn("nobody watched for a while", { seconds: plan.gap / 1000 });
      return plan;
    });
