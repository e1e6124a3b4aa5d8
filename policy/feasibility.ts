import type { ReleaseConfig } from "#contracts/config.ts";
import type { JudgeReason, StageEvidence } from "#contracts/judge.ts";
import { hoursOf } from "./duration.ts";
import { judge } from "./release-judge.ts";
import { stageName, stagesOf } from "./rollout.ts";
import { bisect } from "./statistics/bisect.ts";

/** What a release may count on. */
export interface Traffic {
  /** Distinct users an hour, in both arms together. */
  usersPerHour: number;
  /** Share of the stable model's users who meet an error. */
  errorRate: number;
  /** Labelled pairs an hour, and the share in which exactly one of the two models is right. */
  labelsPerHour: number;
  disagreement: number;
}

export interface StageFeasibility {
  /** 0: the shadow. */
  percentage: number;
  plannedHours: number;
  /** Hours until a canary as good as the stable model is expected to be promoted; null where it never is. */
  hours: number | null;
  /** By then. */
  canaryUsers: number | null;
  labels: number | null;
  /** Whether that is before a person is asked. */
  decidable: boolean;
  /** Why it takes longer than planned; absent where it does not. */
  waitsFor?: JudgeReason;
}

export interface Feasibility {
  decidable: boolean;
  /** Expected hours to 100%; null where a stage is never decided. */
  hours: number | null;
  stages: StageFeasibility[];
  /** The answer for people. */
  message: string;
}

/** Beyond a hundred years no answer is of use. */
const FOREVER = 1e6;

/**
 * Whether a release can be decided at this traffic, and when: the judge itself is asked about the counts that a canary as good as the
 * stable model is expected to have. Half of such releases take longer. Round trips are taken as given, and equal.
 */
export function feasibility(traffic: Traffic, policy: ReleaseConfig): Feasibility {
  const stages: StageFeasibility[] = [];
  const earlier: StageEvidence[] = [];
  for (const { percentage, duration } of stagesOf(policy).slice(0, -1)) {
    const plannedHours = hoursOf(duration);
    const at = (hours: number): StageEvidence =>
      percentage === 0
        ? expectedOfShadow(traffic, { share: 0, hours, plannedHours }, policy.shadow.sample)
        : expected(traffic, { share: percentage / 100, hours, plannedHours });
    const asked = (hours: number) => judge({ ...at(hours), earlier }, withoutLatency(policy), "");
    const promotes = (hours: number): boolean => asked(hours).action === "promote";

    const inTime = asked(plannedHours);
    const hours =
      inTime.action === "promote" ? plannedHours : promotes(FOREVER) ? bisect(promotes, plannedHours, FOREVER) : null;
    const needed = hours === null ? undefined : at(hours);
    stages.push({
      percentage,
      plannedHours,
      hours,
      canaryUsers: needed?.canary ? Math.ceil(needed.canary.users) : null,
      labels: needed?.accuracy ? Math.ceil(needed.accuracy.n) : null,
      decidable: hours !== null && hours <= policy.overdueTimes * plannedHours,
      ...(inTime.action === "promote" ? {} : { waitsFor: inTime.reason }),
    });
    earlier.push(at(hours ?? plannedHours));
  }
  const hours = stages.reduce<number | null>(
    (sum, stage) => (sum === null || stage.hours === null ? null : sum + stage.hours),
    0,
  );
  const hindered = stages.find(({ decidable }) => !decidable);
  return {
    decidable: hindered === undefined,
    hours,
    stages,
    message: hindered
      ? `cannot decide at this traffic: ${told(hindered, traffic, policy)}`
      : `can be decided, in about ${Math.ceil(hours ?? 0)} h`,
  };
}

/** A shadow's counts. How often it will differ is not known beforehand: labels are taken to keep up with it, and to teach nothing. */
function expectedOfShadow(
  { usersPerHour, errorRate }: Traffic,
  stage: NonNullable<StageEvidence["stage"]>,
  sample: number,
): StageEvidence {
  const users = usersPerHour * sample * stage.hours;
  const arm = { users, usersWithError: users * errorRate };
  return { stage, canary: arm, stable: arm, shadow: { n: users, unlabelled: 0 } };
}

/** Counts that are expected, fractions and all. */
function expected(traffic: Traffic, stage: NonNullable<StageEvidence["stage"]>): StageEvidence {
  const arm = (share: number) => {
    const users = traffic.usersPerHour * share * stage.hours;
    return { users, usersWithError: users * traffic.errorRate };
  };
  const [canary, stable] = [arm(stage.share), arm(1 - stage.share)];
  const n = traffic.labelsPerHour * stage.hours;
  const oneSide = (n * traffic.disagreement) / 2;
  return {
    stage,
    canary,
    stable,
    assigned: { canary: canary.users, stable: stable.users },
    accuracy: { n, worse: oneSide, better: oneSide },
  };
}

/** The policy without latency, each other metric's share of alpha as it was; no person is asked. */
function withoutLatency(policy: ReleaseConfig): ReleaseConfig {
  const metrics = policy.metrics.filter((metric) => metric !== "latency");
  const alpha = (policy.alpha * metrics.length) / policy.metrics.length;
  return { ...policy, metrics, alpha, overdueTimes: Number.POSITIVE_INFINITY };
}

function told(stage: StageFeasibility, traffic: Traffic, policy: ReleaseConfig): string {
  const { percentage, plannedHours, hours, waitsFor = "" } = stage;
  const name = percentage === 0 ? "the shadow" : `the stage at ${stageName(percentage)}`;
  const share = percentage === 0 ? policy.shadow.sample : percentage / 100;
  const given = policy.overdueTimes * plannedHours;
  if (hours === null) return `${name} is never decided (${waitsFor})`;
  const more =
    waitsFor === "accuracy-undecided" || waitsFor === "no-accuracy"
      ? `${Math.ceil(traffic.labelsPerHour * (hours - given))} more labels`
      : `${Math.ceil(traffic.usersPerHour * share * (hours - given))} more users ${percentage === 0 ? "of it" : "in the canary"}`;
  return `${name} needs about ${Math.ceil(hours)} h, ${more} than the ${given} h after which a person is asked bring (${waitsFor})`;
}
