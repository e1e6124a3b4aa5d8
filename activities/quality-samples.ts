import type { Estimate } from "#contracts/accuracy.ts";
import type { Samples } from "#contracts/alert.ts";
import type { LoggedEvent } from "#contracts/event.ts";
import { wilson } from "#contracts/wilson.ts";
import { slowdownOf } from "#policy/alerts/slowdown.ts";
import type { Dependencies } from "./dependencies.ts";
import { byAnswer } from "./feedback.ts";
import { reactionsOf, sourcesOf } from "./live-accuracy.ts";
import { recentEvents } from "./recent-events.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Days of judgements behind the live estimate. */
const JUDGED_DAYS = 7;

type Needs = Pick<Dependencies, "registry" | "artefacts" | "released" | "edge" | "config">;

/** What people's reactions say, as metrics of the alert rules. @throws NotReachableError where the edge does not answer */
export async function qualitySamples(needs: Needs, now: number): Promise<Samples> {
  const { config, edge, released } = needs;
  const days = [now - JUDGED_DAYS * DAY, now + 1];
  const [pointer, [lately = []]] = await Promise.all([edge.pointer(), recentEvents(needs, days)]);
  // Of the model that serves now: what the one before was judged by neither speaks against it nor ends with it.
  const ofCurrent = lately.filter(({ served }) => served.model === pointer?.current.sha256);
  const reactions = reactionsOf(ofCurrent, config.preprocess.weights.dwellSeconds);
  const judged = reactions.filter(({ right }) => right !== null);
  const wrong = judged.filter(({ right }) => !right).length;
  const { realTime, feedback } = sourcesOf(reactions, 1);
  const live = realTime ?? feedback;
  const blessed = pointer && (await blessedValue(released, pointer.current.sha256));
  const drop = (estimate: (of: Estimate) => number) => ({
    value: live && blessed !== undefined ? blessed.value - estimate(live) : 0,
    n: blessed === undefined ? 0 : judged.length,
  });
  return {
    accuracy: { value: live?.value ?? 0, n: judged.length },
    prediction_error_rate_lower: {
      value: judged.length === 0 ? 0 : wilson(wrong, judged.length).lo,
      n: judged.length,
    },
    accuracy_blessed: { value: blessed?.value ?? 0, n: blessed?.n ?? 0 },
    // Against nothing nothing has fallen: before a first release, and while nobody judged.
    accuracy_drop: drop(({ value }) => value),
    accuracy_drop_lower: drop(({ hi }) => hi),
    response_slower_ms: slowdownOf(tripsOf(lately, now - HOUR, now), tripsOf(lately, 0, now - HOUR)),
  };
}

/** How long answers took whose first reaction was received from `from` until before `to`, ms. */
function tripsOf(events: readonly LoggedEvent[], from: number, to: number): number[] {
  const received = events.filter(({ receivedAt }) => receivedAt >= from && receivedAt < to);
  // Every event of an answer tells the same trip.
  return [...byAnswer(received).values()].flatMap(([first]) => first?.roundTripMs ?? []);
}

/** The `graded_top3` that a model was blessed with, and on how many queries. */
async function blessedValue(
  released: Needs["released"],
  sha256: string,
): Promise<{ value: number; n: number } | undefined> {
  const blessing = (await released.blessing({ sha256 })) as
    | { metrics?: { graded_top3?: unknown; n?: unknown } }
    | undefined;
  const { graded_top3: value, n } = blessing?.metrics ?? {};
  return typeof value === "number" && typeof n === "number" ? { value, n } : undefined;
}
