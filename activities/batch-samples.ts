import type { Samples } from "#contracts/alert.ts";
import type { Config } from "#contracts/config.ts";
import type { Pointer } from "#contracts/pointer.ts";
import type { ReleaseEvent } from "#contracts/release.ts";
import type { RunReport } from "#contracts/run.ts";
import { addDays, logicalDateOf } from "#policy/logical-date.ts";

const DAYS = 30;
const DAY = 86_400_000;
/** Bytes that the last rung of the ladder is to reach (specification 6.2), where the config sets no limit of its own. */
const TARGET_BYTES = 800 * 1024;

/** What runs and releases came to, as metrics of specification 4.1. @param runs latest first */
export function batchSamples(
  runs: readonly RunReport[],
  releases: readonly ReleaseEvent[],
  pointer: Pointer | undefined,
  { training, timezone }: Pick<Config, "training" | "timezone">,
  now: number,
): Samples {
  const since = addDays(logicalDateOf(now, timezone), -DAYS);
  const lately = runs.filter(({ date }) => date >= since);
  const stages = (name: string) => lately.flatMap((run) => run.stages.filter((stage) => stage.name === name));
  const ran = (name: string) => stages(name).find(({ status }) => status === "ran");
  const collected = stages("01:collect").filter(({ status }) => status !== "skipped");
  const ended = releases.filter(({ at }) => at >= now - DAYS * DAY);
  const released = ended.filter(({ outcome }) => outcome === "released").length;
  const last = lately.find(({ status, model }) => status === "completed" && model !== undefined);
  const top1 = last?.metrics["validate.top1"];
  const sample = (name: string, value: number | undefined, n = 1): Samples =>
    value === undefined ? {} : { [name]: { value, n } };
  const share = (part: number, n: number): number | undefined => (n === 0 ? undefined : part / n);
  return {
    ...sample(
      "collection_success_rate",
      share(collected.filter(({ status }) => status !== "failed").length, collected.length),
      collected.length,
    ),
    ...sample("training_time", ran("03:train")?.seconds),
    ...sample("distribution_time", ran("07:distribute")?.seconds),
    ...(typeof top1 === "number" ? sample("validation_accuracy", top1, Number(last?.metrics["validate.n"] ?? 1)) : {}),
    ...(last?.model
      ? sample("compression_target_reached", Math.min(1, (training.maxBytes || TARGET_BYTES) / last.model.bytes))
      : {}),
    ...sample("deploy_success_rate", share(released, ended.length), ended.length),
    rollbacks: { value: ended.length - released, n: ended.length },
    model_update_available: { value: isWaiting(last, releases, pointer) ? 1 : 0, n: 1 },
  };
}

/** A model that was blessed, that the pointer does not serve everybody, and that was not taken away. */
function isWaiting(
  last: RunReport | undefined,
  releases: readonly ReleaseEvent[],
  pointer: Pointer | undefined,
): boolean {
  const sha256 = last?.model?.sha256;
  if (last?.verdict?.action !== "promote" || sha256 === undefined || sha256 === pointer?.current.sha256) return false;
  return !releases.some((event) => event.sha256 === sha256);
}
