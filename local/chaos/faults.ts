import { readFileSync, statfsSync, writeFileSync } from "node:fs";
import { readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ConflictError } from "#contracts/errors.ts";
import type { RunReport } from "#contracts/run.ts";
import { isOver } from "#policy/rollout.ts";
import { artefactName } from "#stores/artefacts.ts";
import { readRollout } from "#workers/rollout.ts";
import type { ConfigInput } from "../config.ts";
import { startServers } from "../start.ts";
import type { Arena, ProcessName } from "./arena.ts";
import { killAndWait, metAtWork, type Proof, proved, until } from "./proof.ts";

export interface Fault {
  name: string;
  /** What is promised when it happens. */
  promised: string;
  /** How candidates are released in its arena; arenas are shared by neighbours that want the same. */
  release: ConfigInput["release"];
  /** True where it needs a home on a small disk of its own. */
  smallDisk?: boolean;
  /** Disturbs the arena and answers what came of it. */
  inject(arena: Arena): Promise<Proof>;
}

/** To all users at once, as a day without a canary. */
const AT_ONCE = { stages: [{ percentage: 100, duration: "permanent" }] } satisfies ConfigInput["release"];

/** A canary of seconds, judged by few users. */
const CANARY = {
  stages: [
    { percentage: 25, duration: "6s" },
    { percentage: 50, duration: "6s" },
    { percentage: 100, duration: "permanent" },
  ],
  metrics: ["errors"],
  rollback_threshold: { error_rate: 0.3 },
  minimumUsers: 10,
  lookEvery: "0.5s",
} satisfies ConfigInput["release"];

const STAGES = [
  "01:collect",
  "02:preprocess",
  "03:train",
  "04:validate",
  "05:compress",
  "06:deploy",
  "07:distribute",
] as const;

const GOES_ON = "the run completes, every acknowledged event is counted once, its model is served";

/** Stages that work at the same time are met one a run: while the first is being recovered the other may end. */
const RUNS_TO_MEET_ALL = 5;

/** One process is killed in the middle of every stage, in as many runs as that takes. */
const killed = (name: ProcessName | "workerd"): Fault => ({
  name: `kill-${name}`,
  promised: GOES_ON,
  release: AT_ONCE,
  async inject(arena) {
    // Stages that ask the edge last long enough to be met.
    arena.links.edge.slow(100);
    const met = new Set<string>();
    const wrong: string[] = [];
    let seconds = 0;
    let lost = 0;
    for (let run = 0; run < RUNS_TO_MEET_ALL && met.size < STAGES.length; run++) {
      const { report } = await arena.learn();
      for (const stage of STAGES) {
        if (met.has(stage) || !(await metAtWork(arena, stage))) continue;
        met.add(stage);
        seconds = Math.max(seconds, await killAndWait(arena, name, stage));
      }
      const proof = await proved(arena, await report);
      lost = Math.max(lost, proof.lost);
      wrong.push(...proof.wrong);
    }
    arena.links.edge.pass();
    const missed = STAGES.filter((stage) => !met.has(stage));
    if (missed.length > 0) wrong.push(`never met at work: ${missed.join(", ")}`);
    return { lost, wrong, seconds, detail: `killed in ${[...met].sort().join(", ")}` };
  },
});

const rollout: Fault = {
  name: "kill-in-rollout",
  promised: "the rollout goes on to its end, its model is served, every acknowledged event is counted once",
  release: CANARY,
  async inject(arena) {
    // The very first model is served at once; the next is rolled out.
    await (await arena.learn()).report;
    let asking = true;
    const users = (async () => {
      for (let n = 0; asking; n++) {
        await arena.edge.classify(`chaos ${n % 50}`, `rollout-${n}-${Date.now()}`).catch(() => undefined);
        await sleep(10);
      }
    })();
    try {
      const { model } = await (await arena.learn()).report;
      const standing = async () => {
        const found = await readRollout(arena.client()).catch(() => undefined);
        return found?.candidate.sha256 === model?.sha256 ? found : undefined;
      };
      let seconds = 0;
      for (const [share, names] of [
        [0.25, ["pipeline", "temporal"]],
        [0.5, ["edge", "compute"]],
      ] as const) {
        await until(`the share ${share}`, async () => (await standing())?.stage?.share === share);
        for (const name of names) seconds = Math.max(seconds, await killAndWait(arena, name));
      }
      await until("the end of the rollout", async () => {
        const found = await standing();
        return found !== undefined && isOver(found);
      });
      const wrong: string[] = [];
      const { state = "unknown" } = (await standing()) ?? {};
      if (state !== "released") wrong.push(`the rollout is ${state}`);
      const { lost, wrong: more } = await proved(arena, await arena.join());
      return { lost, wrong: [...wrong, ...more], seconds, detail: "pipeline, temporal at 25%; edge, compute at 50%" };
    } finally {
      asking = false;
      await users;
    }
  },
};

const slowNetwork: Fault = {
  name: "network-slow",
  promised: GOES_ON,
  release: AT_ONCE,
  async inject(arena) {
    arena.links.temporal.slow(60);
    arena.links.edge.slow(200);
    const { report } = await arena.learn();
    const begun = performance.now();
    const proof = await proved(arena, await report);
    const seconds = (performance.now() - begun) / 1000;
    arena.links.temporal.pass();
    arena.links.edge.pass();
    return { ...proof, seconds, detail: "60 ms to Temporal, 200 ms to the edge, each way and piece; seconds: the run" };
  },
};

/** Longer than a worker's heartbeat may be late: its stage is given to the next attempt. */
const SILENCE_SECONDS = 20;

const partition: Fault = {
  name: "network-partition",
  promised: GOES_ON,
  release: AT_ONCE,
  async inject(arena) {
    const { report } = await arena.learn();
    await metAtWork(arena, "03:train");
    arena.links.temporal.hold();
    await sleep(SILENCE_SECONDS * 1000);
    arena.links.temporal.pass();
    const seconds = await until("an answer of the workers", async () => (await arena.progress()) !== undefined);
    arena.links.edge.hold();
    await metAtWork(arena, "07:distribute");
    await sleep(5000);
    arena.links.edge.pass();
    const proof = await proved(arena, await report);
    return {
      ...proof,
      seconds,
      detail: `${SILENCE_SECONDS} s without Temporal in training, the release without the edge`,
    };
  },
};

const HOUR_MS = 3_600_000;

const clockJump: Fault = {
  name: "clock-jump",
  promised: `${GOES_ON}: days are cut by the database's time, dates are the run's; a release waits until the clock is right, which S3 asks for`,
  release: AT_ONCE,
  async inject(arena) {
    const { report } = await arena.learn();
    await metAtWork(arena, "03:train");
    await arena.shiftClocks(30 * HOUR_MS);
    await metAtWork(arena, "05:compress");
    await arena.shiftClocks(-30 * HOUR_MS);
    await metAtWork(arena, "07:distribute");
    await sleep(5000);
    const begun = performance.now();
    await arena.shiftClocks(0);
    const done = await report;
    const seconds = (performance.now() - begun) / 1000;
    const proof = await proved(arena, done);
    return {
      ...proof,
      seconds,
      detail: "30 h ahead in training, 30 h behind from compression into the release; seconds: from the right time on",
    };
  },
};

/** A stage's output is damaged where it lies: found by name before anything is made of it; mended as OPERATIONS.md says. */
const damaged = (name: string, damage: (path: string) => Promise<void>): Fault => ({
  name,
  promised:
    "the run fails with DigestMismatchError, what is served stays, the next run after the file is gone completes",
  release: AT_ONCE,
  async inject(arena) {
    const before = await (await arena.learn()).report;
    await proved(arena, before);
    const trained = before.stages.find((stage) => stage.name === "03:train")?.output?.sha256 ?? "";
    const path = join(arena.home.artefacts, artefactName(trained));
    await damage(path);
    const failing = await arena.again({ forceFrom: "04:validate" });
    const wrong: string[] = [];
    if (failing.status !== "failed") wrong.push(`a run on damaged bytes ${failing.status}`);
    if (!failing.error?.includes(trained.slice(0, 12)))
      wrong.push(`the error does not name the file: ${failing.error}`);
    const { model } = await arena.edge.health();
    if (model !== before.model?.sha256) wrong.push("another model is served");
    const begun = performance.now();
    await rm(path);
    const mended = await arena.again();
    const seconds = (performance.now() - begun) / 1000;
    const proof = await proved(arena, mended);
    return {
      lost: proof.lost,
      wrong: [...wrong, ...proof.wrong],
      seconds,
      detail: "the trained model; seconds: the next run",
    };
  },
});

const events: Fault = {
  name: "events-doubled-late-reordered",
  promised: "each event counts once, whenever and in whatever order it comes",
  release: AT_ONCE,
  async inject(arena) {
    const fresh = await arena.users.ask(30);
    const late = fresh.map((event) => ({ ...event, at: event.at - 6 * HOUR_MS }));
    const begun = performance.now();
    await Promise.all([late.toReversed(), late, late.slice(7), late.toReversed()].map(arena.users.insist));
    const { report } = await arena.learn();
    // In the middle of the run the same come once more.
    await metAtWork(arena, "03:train");
    await arena.users.insist(late);
    const proof = await proved(arena, await report);
    const seconds = (performance.now() - begun) / 1000;
    return {
      ...proof,
      seconds,
      detail: `${fresh.length} events, five times each, four at once; seconds: until all were counted`,
    };
  },
};

const twoStarts: Fault = {
  name: "two-starts",
  promised: "the second is refused with ConflictError, the first goes on",
  release: AT_ONCE,
  async inject(arena) {
    const { report } = await arena.learn();
    const begun = performance.now();
    const refused = await startServers({ home: arena.home, log: () => undefined }).then(
      () => "was not refused",
      (error: Error) => (error instanceof ConflictError ? undefined : `was refused by ${error.name}: ${error.message}`),
    );
    const seconds = (performance.now() - begun) / 1000;
    const proof = await proved(arena, await report);
    if (refused !== undefined) proof.wrong.push(`the second start ${refused}`);
    return { ...proof, seconds, detail: "in the middle of a run; seconds: until it was refused" };
  },
};

const endedInRelease: Fault = {
  name: "sigterm-in-release",
  promised: `after the next start ${GOES_ON}`,
  release: AT_ONCE,
  async inject(arena) {
    const { report } = await arena.learn();
    await metAtWork(arena, "05:compress");
    arena.links.edge.hold();
    const met = await metAtWork(arena, "07:distribute");
    // Every process gets SIGTERM, in order, as by Ctrl-C; the release hangs half-way.
    const begun = performance.now();
    await arena.restart(() => arena.links.edge.pass());
    const seconds = (performance.now() - begun) / 1000;
    await report.catch(() => undefined);
    const proof = await proved(arena, await arena.join());
    if (!met) proof.wrong.push("the release was over before");
    return { ...proof, seconds, detail: "everything is ended and started again; seconds: both" };
  },
};

const fullDisk: Fault = {
  name: "disk-full",
  promised: `what cannot be written is not acknowledged; once there is room ${GOES_ON}`,
  release: AT_ONCE,
  smallDisk: true,
  async inject(arena) {
    await proved(arena, await (await arena.learn()).report);
    const unsent = await arena.users.ask(30);
    const ballast = join(arena.home.directory, "ballast");
    fill(ballast, arena.home.directory);
    const acknowledged = await arena.users.tell(unsent);
    const first = await raceOf(arena.again({ seed: 1000 }), 25_000);
    const begun = performance.now();
    await rm(ballast);
    await until("everything after room was made", async () => (await arena.progress()) !== undefined);
    await arena.users.insist(unsent);
    const done = first?.status === "completed" ? first : await arena.join();
    const seconds = (performance.now() - begun) / 1000;
    // What broke off for good is begun anew, with the events that could not be told before.
    const proof = await proved(arena, await (await arena.learn()).report);
    const detail = `feedback while full: ${acknowledged ? "taken" : "refused"}; the run begun then: ${done.status}`;
    return { ...proof, seconds, detail: `${detail}; seconds: until that` };
  },
};

/** Writes until nothing more fits. */
function fill(path: string, folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  for (let bytes = bavail * bsize; bytes >= 512; bytes = Math.floor(bytes / 2)) {
    try {
      writeFileSync(path, Buffer.alloc(bytes), { flag: "a" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }
}

const raceOf = (report: Promise<RunReport>, ms: number): Promise<RunReport | undefined> =>
  Promise.race([report.catch(() => undefined), sleep(ms, undefined, { ref: false })]);

async function flipByte(path: string): Promise<void> {
  const bytes = await readFile(path);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

const cutOff = (path: string): Promise<void> => truncate(path, readFileSync(path).length >> 1);

/** Every fault, neighbours with the same release in one arena. */
export const FAULTS: readonly Fault[] = [
  killed("pipeline"),
  killed("compute"),
  killed("temporal"),
  killed("edge"),
  killed("workerd"),
  slowNetwork,
  partition,
  clockJump,
  damaged("artefact-corrupt", flipByte),
  damaged("artefact-truncated", cutOff),
  events,
  twoStarts,
  endedInRelease,
  rollout,
  fullDisk,
];
