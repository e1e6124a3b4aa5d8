import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { ReleaseConfig } from "#contracts/config.ts";
import type { JudgeData, JudgedArm, StageEvidence } from "#contracts/judge.ts";
import { hoursOf } from "#policy/duration.ts";
import { judge } from "#policy/release-judge.ts";
import { stagesOf } from "#policy/rollout.ts";
import { type Random, randomOf } from "#simulation/random.ts";
import { type Figure, printFigures } from "./figures.ts";
import { type Counts, thresholdRollsBack, thresholdShips, zRollsBack, zShips } from "./judge-peers.ts";

/**
 * Simulated releases, looked at every hour, and what our judge and two usual ones do with the very same streams: how often a
 * healthy canary is rolled back and a worse one shipped, and how long an error takes to be seen. Chance is seeded by cell and release.
 */
const { values: args } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    full: { type: "boolean", default: false },
    n: { type: "string" },
  },
});
const RELEASES = Number(args.n ?? (args.full ? 2000 : 300));
const policy = ReleaseConfig.parse({});
const LIMIT = policy.rollback_threshold.error_rate;
const DROP = policy.rollback_threshold.accuracy_drop;
/** The specification's schedule. */
const STAGES = [
  { share: 0.05, plannedHours: 6 },
  { share: 0.25, plannedHours: 12 },
  { share: 0.5, plannedHours: 24 },
] as const;
const FIRST = STAGES[0];
/** Hours in shadow before them. */
const SHADOW_HOURS = hoursOf(stagesOf(policy)[0]?.duration ?? "0h");
const HEALTHY = 0.005;
const BAD = 0.03;
const TRAFFIC = [200, 1000, 5000] as const;
const REQUESTS_PER_USER = 10;

/** A world in which releases happen. */
interface World {
  /** Requests an hour, and how many of them one user sends: all of them fail or none. */
  requests: number;
  perUser: number;
  errorRate(arm: "canary" | "stable", hour: number): number;
  /** Labelled pairs an hour, and the chances that the canary alone is wrong, or alone right. */
  labels: number;
  worse: number;
  better: number;
}

/** As good as the stable model: the two differ in 6% of their answers, either way. */
const healthyWorld = (requests: number): World => ({
  requests,
  perUser: 1,
  errorRate: () => HEALTHY,
  labels: 20,
  worse: 0.03,
  better: 0.03,
});

/** How many of n happen with this chance each: exact by the gaps between them where they are few, else by the normal curve. */
function binomial(random: Random, n: number, chance: number): number {
  const deviation = Math.sqrt(n * chance * (1 - chance));
  if (deviation > 10) return Math.min(n, Math.max(0, Math.round(n * chance + deviation * random.normal())));
  if (chance <= 0) return 0;
  let count = 0;
  for (let at = gap(); at <= n; at += gap()) count += 1;
  return count;
  function gap(): number {
    return chance >= 1 ? 1 : Math.floor(Math.log(1 - random.next()) / Math.log1p(-chance)) + 1;
  }
}

/** One stage as it fills, hour by hour. */
class Stage {
  canary: JudgedArm & Counts = { users: 0, usersWithError: 0, requests: 0, errors: 0 };
  stable: JudgedArm & Counts = { users: 0, usersWithError: 0, requests: 0, errors: 0 };
  pairs = { n: 0, worse: 0, better: 0 };
  hours = 0;
  readonly plan: { readonly share: number; readonly plannedHours: number };
  readonly #world: World;
  readonly #random: Random;

  constructor(plan: Stage["plan"], world: World, random: Random) {
    this.plan = plan;
    this.#world = world;
    this.#random = random;
  }

  /** @param clock - hours since the release began. */
  pass(clock: number): void {
    const { requests, perUser, errorRate, labels, worse, better } = this.#world;
    const users = Math.round(requests / perUser);
    const inCanary = binomial(this.#random, users, this.plan.share);
    const grown = (arm: Stage["canary"], more: number, rate: number): Stage["canary"] => {
      const bad = binomial(this.#random, more, rate);
      return {
        users: arm.users + more,
        usersWithError: arm.usersWithError + bad,
        requests: arm.requests + more * perUser,
        errors: arm.errors + bad * perUser,
      };
    };
    this.canary = grown(this.canary, inCanary, errorRate("canary", clock));
    this.stable = grown(this.stable, users - inCanary, errorRate("stable", clock));
    const lost = binomial(this.#random, labels, worse);
    const won = binomial(this.#random, labels - lost, better / (1 - worse));
    this.pairs = { n: this.pairs.n + labels, worse: this.pairs.worse + lost, better: this.pairs.better + won };
    this.hours += 1;
  }

  /** What the judge is given; round trips, the same in both arms, when the stage could end. */
  evidence(): StageEvidence {
    const { canary, stable, hours, pairs, plan } = this;
    const trips = () => Array.from({ length: 100 }, () => 60 * Math.exp(0.4 * this.#random.normal()));
    return {
      stage: { ...plan, hours },
      canary,
      stable,
      assigned: { canary: canary.users, stable: stable.users },
      accuracy: pairs,
      ...(hours >= plan.plannedHours ? { latency: { canary: trips(), stable: trips() } } : {}),
    };
  }
}

/**
 * What a shadow comes to at each look, without end, by a chance of its own: the stages after it stay the same. Each model errs for itself,
 * which moves rates further apart than errors that both make.
 */
function* shadowLooks(
  { requests, perUser, errorRate, worse, better }: World,
  random: Random,
): Generator<StageEvidence> {
  const none = { n: 0, worse: 0, better: 0 };
  let [users, canary, stable, unlabelled] = [0, 0, 0, 0];
  for (let hours = 1; ; hours += 1) {
    const more = binomial(random, Math.round(requests / perUser), policy.shadow.sample);
    users += more;
    canary += binomial(random, more, errorRate("canary", hours - 1));
    stable += binomial(random, more, errorRate("stable", hours - 1));
    unlabelled += binomial(random, more, worse + better);
    yield {
      stage: { share: 0, hours, plannedHours: SHADOW_HOURS },
      canary: { users, usersWithError: canary },
      stable: { users, usersWithError: stable },
      shadow: { n: users, unlabelled, labelled: none },
    };
  }
}

const seeded = (cell: string, release: number): Random => randomOf(`judge ${cell} ${release}`);
const verdictOn = (data: JudgeData) => judge(data, policy, "bench");

/** Which judge goes back, and whether ours freezes, in one release that follows the schedule whatever is said. */
function onSchedule(world: World, random: Random, apart: Random) {
  const said = { ours: false, frozen: false, threshold: false, z: false };
  const earlier: StageEvidence[] = [];
  for (const looked of shadowLooks(world, apart)) {
    const { action } = verdictOn(looked);
    said.ours ||= action === "rollback";
    said.frozen ||= action === "freeze";
    if ((looked.stage?.hours ?? 0) < SHADOW_HOURS) continue;
    earlier.push(looked);
    break;
  }
  let clock = 0;
  for (const plan of STAGES) {
    const stage = new Stage(plan, world, random);
    while (stage.hours < plan.plannedHours) {
      stage.pass(clock);
      clock += 1;
      const { action } = verdictOn({ ...stage.evidence(), earlier });
      said.ours ||= action === "rollback";
      said.frozen ||= action === "freeze";
      said.threshold ||= thresholdRollsBack(stage.canary, LIMIT);
      said.z ||= zRollsBack(stage.canary, stage.stable);
    }
    earlier.push(stage.evidence());
  }
  return said;
}

/**
 * Hours until each judge goes back while the canary stays in one stage, after healthy ones that followed the schedule; infinite where
 * it does not in 126 hours.
 */
function hoursToRollback(
  world: World,
  random: Random,
  before: readonly Stage["plan"][] = [],
  plan: Stage["plan"] = FIRST,
) {
  const earlier = before.map((plan): StageEvidence => {
    const stage = new Stage(plan, healthyWorld(world.requests), random);
    while (stage.hours < plan.plannedHours) stage.pass(stage.hours);
    return stage.evidence();
  });
  const after = { ours: Number.POSITIVE_INFINITY, threshold: Number.POSITIVE_INFINITY, z: Number.POSITIVE_INFINITY };
  const stage = new Stage(plan, world, random);
  for (let hour = 1; hour <= 126 && !Object.values(after).every(Number.isFinite); hour += 1) {
    stage.pass(hour - 1);
    if (verdictOn({ ...stage.evidence(), earlier }).action === "rollback") after.ours = Math.min(after.ours, hour);
    if (thresholdRollsBack(stage.canary, LIMIT)) after.threshold = Math.min(after.threshold, hour);
    if (zRollsBack(stage.canary, stage.stable)) after.z = Math.min(after.z, hour);
  }
  return after;
}

/** One release that obeys our judge: from its shadow through to 100%, back, stopped by a freeze, or with a person after three times a stage's hours. */
function obeying(world: World, random: Random, apart: Random) {
  const earlier: StageEvidence[] = [];
  let clock = 0;
  for (const looked of shadowLooks(world, apart)) {
    clock += 1;
    const { action, reason } = verdictOn(looked);
    if (action === "rollback" || action === "freeze") return { end: action, clock, passed: 0 };
    if (reason === "ask-a-person") return { end: "person" as const, clock, passed: 0 };
    if (action !== "promote") continue;
    earlier.push(looked);
    break;
  }
  let passed = 0;
  for (const plan of STAGES) {
    const stage = new Stage(plan, world, random);
    for (;;) {
      stage.pass(clock);
      clock += 1;
      const evidence = stage.evidence();
      const { action, reason } = verdictOn({ ...evidence, earlier });
      if (action === "rollback" || action === "freeze") return { end: action, clock, passed };
      if (reason === "ask-a-person") return { end: "person" as const, clock, passed };
      if (action === "promote") {
        earlier.push(evidence);
        passed += 1;
        break;
      }
    }
  }
  return { end: "released" as const, clock, passed };
}

/** Whether each judge ships a canary out of its first stage: ours at any hourly look up to three times its hours, the peers at its end. */
function shipped(world: World, random: Random) {
  const stage = new Stage(FIRST, world, random);
  const said = { ours: false, threshold: false, z: false };
  for (let hour = 1; hour <= policy.overdueTimes * FIRST.plannedHours; hour += 1) {
    stage.pass(hour - 1);
    said.ours ||= verdictOn(stage.evidence()).action === "promote";
    if (hour !== FIRST.plannedHours) continue;
    said.threshold = thresholdShips(stage.pairs, DROP);
    said.z = zShips(stage.pairs);
  }
  return said;
}

const figures: Figure[] = [];
const share = <Item>(items: readonly Item[], is: (item: Item) => boolean): number =>
  (100 * items.filter(is).length) / items.length;
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const releases = <Outcome>(cell: string, run: (random: Random, apart: Random) => Outcome): Outcome[] =>
  Array.from({ length: RELEASES }, (_, release) => run(seeded(cell, release), seeded(`shadow of ${cell}`, release)));

function add(name: string, value: number, unit: string, more: Partial<Figure> = {}): void {
  figures.push({ name, value, unit, n: RELEASES, ...more });
}
/** Ours, held against a goal, with both peers' figures of the same streams; the ratio is to the threshold's. */
function compared(
  name: string,
  unit: string,
  value: { ours: number; threshold: number; z: number },
  limit?: number,
): void {
  const ratio = value.threshold > 0 ? { ratioTo: "naive threshold", ratio: value.ours / value.threshold } : {};
  const goal = limit === undefined ? {} : { goal: `<= ${limit}${unit}`, met: value.ours <= limit };
  add(`${name}: ours`, value.ours, unit, { ...ratio, ...goal });
  add(`${name}: naive threshold`, value.threshold, unit);
  add(`${name}: naive z`, value.z, unit);
}

const WORLDS: readonly [string, (requests: number) => World][] = [
  ["healthy", healthyWorld],
  ["healthy, 10 like requests a user", (requests) => ({ ...healthyWorld(requests), perUser: REQUESTS_PER_USER })],
  [
    "healthy, error rate by the hour",
    // Both arms alike: a daily wave between 0.05% and 0.95%, trebled for an hour now and then.
    (requests) => ({
      ...healthyWorld(requests),
      errorRate: (_arm, hour) => HEALTHY * (1 + 0.9 * Math.sin((hour * Math.PI) / 12)) * (hour % 17 === 5 ? 3 : 1),
    }),
  ],
];
for (const [name, world] of WORLDS) {
  for (const requests of TRAFFIC) {
    const cell = `${name}, ${requests}/h`;
    const said = releases(cell, (random, apart) => onSchedule(world(requests), random, apart));
    compared(
      `rolled back, ${cell}`,
      "%",
      {
        ours: share(said, (one) => one.ours),
        threshold: share(said, (one) => one.threshold),
        z: share(said, (one) => one.z),
      },
      2,
    );
    add(
      `frozen, ${cell}: ours`,
      share(said, ({ frozen }) => frozen),
      "%",
    );
  }
}

for (const labels of [20, 100]) {
  const cell = `5 points less accurate, ${labels} labels/h`;
  const world = { ...healthyWorld(5000), labels, worse: 0.1, better: 0.05 };
  const said = releases(cell, (random) => shipped(world, random));
  compared(
    `shipped, ${cell}`,
    "%",
    {
      ours: share(said, (one) => one.ours),
      threshold: share(said, (one) => one.threshold),
      z: share(said, (one) => one.z),
    },
    5,
  );
}

for (const requests of TRAFFIC) {
  const cell = `errors 0.5% -> 3%, ${requests}/h`;
  const world: World = { ...healthyWorld(requests), errorRate: (arm) => (arm === "canary" ? BAD : HEALTHY) };
  const after = releases(cell, (random) => hoursToRollback(world, random));
  compared(`hours to rollback, ${cell}`, "h", {
    ours: median(after.map((one) => one.ours)),
    threshold: median(after.map((one) => one.threshold)),
    z: median(after.map((one) => one.z)),
  });
  const late = releases(`late, ${cell}`, (random) => hoursToRollback(world, random, STAGES.slice(0, 2), STAGES[2]));
  add(`hours to rollback, from the third stage on, ${cell}: ours`, median(late.map(({ ours }) => ours)), "h");
  const obeyed = releases(`obeyed, ${cell}`, (random, apart) => obeying(world, random, apart));
  add(
    `left its first stage, ${cell}: ours`,
    share(obeyed, ({ passed }) => passed > 0),
    "%",
  );
}

for (const requests of TRAFFIC) {
  const cell = `healthy, ${requests}/h`;
  const obeyed = releases(`obeyed, ${cell}`, (random, apart) => obeying(healthyWorld(requests), random, apart));
  const released = obeyed.filter(({ end }) => end === "released");
  add(
    `released, ${cell}: ours`,
    share(obeyed, ({ end }) => end === "released"),
    "%",
  );
  add(
    `asked a person, ${cell}: ours`,
    share(obeyed, ({ end }) => end === "person"),
    "%",
  );
  if (released.length > 0) add(`hours to release, ${cell}: ours`, median(released.map(({ clock }) => clock)), "h");
}

/** Nothing measured, at any hour, in whatever combination of absent and empty parts. */
function nothing(random: Random): JudgeData {
  const none = { users: 0, usersWithError: 0, requests: 0, errors: 0 };
  const all: JudgeData = {
    stage: { ...random.pick(STAGES), hours: random.below(200) },
    canary: none,
    stable: none,
    assigned: { canary: 0, stable: 0 },
    accuracy: { n: 0, worse: 0, better: 0 },
    latency: { canary: [], stable: [] },
  };
  return Object.fromEntries(Object.entries(all).filter(() => random.chance(0.5))) as JudgeData;
}
const silent = releases("no data", (random) => verdictOn(nothing(random)).action);
const passes = 100 * Number(!thresholdRollsBack({ requests: 0, errors: 0 }, LIMIT));
add(
  "anything but hold, no data: ours",
  share(silent, (action) => action !== "hold"),
  "%",
  { goal: "0%", met: silent.every((action) => action === "hold") },
);
add("passed, no data: naive threshold", passes, "%");

/** A look late in a release: two finished stages and the third under way. */
const world = healthyWorld(1000);
const late = STAGES.map((plan) => {
  const stage = new Stage(plan, world, seeded("throughput", 0));
  for (let hour = 0; hour < plan.plannedHours; hour += 1) stage.pass(hour);
  const { latency: _latency, ...evidence } = stage.evidence();
  return evidence;
});
const look: JudgeData = { ...late[2], earlier: late.slice(0, 2) };
const VERDICTS = 20_000;
for (let i = 0; i < 2000; i += 1) verdictOn(look);
const began = performance.now();
for (let i = 0; i < VERDICTS; i += 1) verdictOn(look);
const perSecond = VERDICTS / ((performance.now() - began) / 1000);
figures.push({
  name: "verdicts a second, third stage, without round trips",
  value: perSecond,
  unit: "/s",
  goal: ">= 10000/s",
  met: perSecond >= 10_000,
  n: VERDICTS,
});

printFigures("judge", figures, args.json);
