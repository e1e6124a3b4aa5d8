import type { LearningWeights } from "#contracts/config.ts";
import type { LoggedEvent } from "#contracts/event.ts";
import type { ExposureAnswer } from "#contracts/http.ts";
import type { JudgedArm, StageEvidence } from "#contracts/judge.ts";
import type { ShadowCounts } from "#contracts/shadow.ts";
import type { Classifier } from "#model/score.ts";
import { lessonOf } from "#policy/labelling.ts";
import { byAnswer } from "./feedback.ts";

/** Round trips of an arm that are compared, the last ones. */
const ROUND_TRIPS = 500;

/** Both arms by what the hash gave them; all who do not have the canary stand against it in the split of users. */
export function armsOf(arms: ExposureAnswer["arms"]): Pick<StageEvidence, "canary" | "stable" | "assigned"> {
  const arm = (name: string): JudgedArm | undefined => {
    const found = arms.find((one) => one.arm === name);
    if (!found) return undefined;
    const { users, usersWithError, requests, errors } = found;
    return { users, usersWithError, requests, errors };
  };
  const [canary, stable] = [arm("canary"), arm("current")];
  if (arms.length === 0) return {};
  const given = (isCanary: boolean) =>
    arms.reduce((sum, one) => ((one.arm === "canary") === isCanary ? sum + one.assigned : sum), 0);
  return {
    ...(canary ? { canary } : {}),
    ...(stable ? { stable } : {}),
    assigned: { canary: given(true), stable: given(false) },
  };
}

type ShadowPair = ShadowCounts["pairs"][number];

/** How often a shadow differed and what people said of it, one query a user; absent where nobody was compared. */
export function shadowOf(pair: ShadowPair | undefined): Pick<StageEvidence, "shadow"> {
  if (!pair?.compared) return {};
  const { compared, differed, labelled } = pair;
  return { shadow: { n: compared, unlabelled: Math.max(0, differed - labelled.n), labelled } };
}

/** Both models as they fared for the same users. Who errs in both arms alike makes the comparison only more careful. */
export function shadowArmsOf(pair: ShadowPair | undefined): Pick<StageEvidence, "canary" | "stable"> {
  if (!pair?.users) return {};
  const { users, usersFailed, usersCurrentFailed } = pair;
  return { canary: { users, usersWithError: usersFailed }, stable: { users, usersWithError: usersCurrentFailed } };
}

interface Labelled {
  arm: "canary" | "current";
  user: string;
  text: string;
  classId: number;
}

/** Queries whose right class users said, by a correction or a thumb up, with the text where they consented; one a user. */
export function labelledBy(events: readonly LoggedEvent[], weights: LearningWeights): Labelled[] {
  const users = new Set<string>();
  const labelled: Labelled[] = [];
  for (const about of byAnswer(events).values()) {
    const [first] = about;
    const lesson = lessonOf(about, weights);
    if (first === undefined || !lesson.taught || (lesson.by !== "correction" && lesson.by !== "thumbUp")) continue;
    const { bucket, text } = first.served;
    if (text === undefined || first.user === undefined || (bucket !== "canary" && bucket !== "current")) continue;
    if (users.has(first.user)) continue;
    users.add(first.user);
    labelled.push({ arm: bucket, user: first.user, text, classId: lesson.classId });
  }
  return labelled;
}

/**
 * Both models on the same labelled queries. Who labels leans on what was shown, so equally many are taken of each arm: for models that are
 * equally good the leaning then cancels out.
 */
export function pairsOf(
  labelled: readonly Labelled[],
  canary: Pick<Classifier, "classify">,
  stable: Pick<Classifier, "classify">,
): Pick<StageEvidence, "accuracy"> {
  const [ofCanary, ofStable] = (["canary", "current"] as const).map((arm) => labelled.filter((one) => one.arm === arm));
  const each = Math.min(ofCanary?.length ?? 0, ofStable?.length ?? 0);
  if (each === 0) return {};
  const accuracy = { n: 2 * each, worse: 0, better: 0 };
  for (const { text, classId } of [...(ofCanary ?? []).slice(0, each), ...(ofStable ?? []).slice(0, each)]) {
    const right = ({ classify }: Pick<Classifier, "classify">) =>
      classify(text, { top: 1 }).predictions[0]?.id === classId;
    const [a, b] = [right(canary), right(stable)];
    if (a && !b) accuracy.better += 1;
    if (!a && b) accuracy.worse += 1;
  }
  return { accuracy };
}

/** The last round trip that each user's client reported, ms. */
export function roundTripsOf(events: readonly LoggedEvent[]): StageEvidence["latency"] {
  const last = { canary: new Map<string, number>(), current: new Map<string, number>() };
  for (const { user, served, roundTripMs } of events)
    if (user !== undefined && roundTripMs !== undefined && (served.bucket === "canary" || served.bucket === "current"))
      last[served.bucket].set(user, roundTripMs);
  const [canary, stable] = [last.canary, last.current].map((arm) => [...arm.values()].slice(-ROUND_TRIPS));
  return canary?.length && stable?.length ? { canary, stable } : undefined;
}
