import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Client } from "@temporalio/client";
import { runDemonstration } from "#local/demonstration.ts";
import { logicalDateOf } from "#policy/logical-date.ts";
import { startRun } from "#workers/client.ts";
import { startSystem } from "../test/support/system.ts";
import { type Bar, dayPicture } from "./day-picture.ts";
import { printFigures } from "./figures.ts";
import { type Flame, flameOf, flamePicture, merged } from "./flame.ts";

/**
 * Where a day goes: wall time, CPU-seconds and memory of all processes, by stage, with 400 simulated users' queries before the batch. CPU is read
 * from `/proc` ten times a second and laid over the stages' times in Temporal's history. Linux only. `--picture` draws it. `--flame` has Node
 * profile its processes, which costs time of its own, and draws what they called.
 */
const DATASET = fileURLToPath(new URL("../datasets", import.meta.url));
const CONFIG = fileURLToPath(new URL("../haqei.config.ts", import.meta.url));
const PICTURE = new URL("../docs/images/day.svg", import.meta.url);
const FLAME = new URL("../docs/images/flame.svg", import.meta.url);
const EVERY_MS = 100;
/** Linux counts CPU in hundredths of a second for programs, whatever the kernel's own clock. */
const TICKS = 100;
const PAGE_BYTES = 4096;
const GROUPS = ["temporal", "edge", "pipeline", "compute"] as const;

/** CPU-seconds used so far and bytes in memory, by process group. */
interface Sample {
  at: number;
  cpu: Record<string, number>;
  bytes: number;
}

function sampleOf(leaders: ReadonlyMap<number, string>): Sample {
  const sample: Sample = { at: Date.now(), cpu: {}, bytes: 0 };
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      // Behind the command, which may hold spaces: 0 state, 2 group, 11 and 12 user and system time, 21 resident pages.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const name = leaders.get(Number(fields[2]));
      if (name === undefined) continue;
      sample.cpu[name] = (sample.cpu[name] ?? 0) + (Number(fields[11]) + Number(fields[12])) / TICKS;
      sample.bytes += Number(fields[21]) * PAGE_BYTES;
    } catch {
      // It ended while it was looked at.
    }
  }
  return sample;
}

interface Span {
  name: string;
  from: number;
  to: number;
}

/** When each stage worked, from the history; stages side by side are one span, since their CPU cannot be told apart. */
async function spansOf(client: Client, workflowId: string): Promise<Span[]> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const names = new Map<string, string>();
  const started = new Map<string, number>();
  const spans: Span[] = [];
  const ms = (time: { seconds?: unknown; nanos?: number | null } | null | undefined): number =>
    Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;
  for (const event of events ?? []) {
    const id = String(event.eventId);
    const activity = event.activityTaskScheduledEventAttributes?.activityId;
    if (activity && /^\d\d:/.test(activity)) names.set(id, activity);
    const begun = event.activityTaskStartedEventAttributes;
    if (begun) started.set(String(begun.scheduledEventId), ms(event.eventTime));
    const done = event.activityTaskCompletedEventAttributes;
    const name = done ? names.get(String(done.scheduledEventId)) : undefined;
    if (done && name)
      spans.push({ name, from: started.get(String(done.scheduledEventId)) ?? 0, to: ms(event.eventTime) });
  }
  spans.sort((a, b) => a.from - b.from);
  const joined: Span[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    if (last && span.from < last.to) {
      last.name = `${last.name} + ${span.name}`;
      last.to = Math.max(last.to, span.to);
    } else joined.push({ ...span });
  }
  return joined;
}

/** What was used between two moments, by the samples next to them. */
function barOf(samples: readonly Sample[], { name, from, to }: Span): Bar {
  const before = samples.findLast(({ at }) => at <= from) ?? samples[0];
  const after = samples.find(({ at }) => at >= to) ?? samples.at(-1);
  const within = samples.filter(({ at }) => at >= from - EVERY_MS && at <= to + EVERY_MS);
  const cpu = Object.fromEntries(
    GROUPS.map((group) => [group, Math.max(0, (after?.cpu[group] ?? 0) - (before?.cpu[group] ?? 0))]),
  );
  return { name, wall: (to - from) / 1000, cpu, bytes: Math.max(0, ...within.map(({ bytes }) => bytes)) };
}

/** What each process called, threads apart; the runtime of the edge and Temporal's server are not Node's, and have no profile. */
function flamesIn(folder: string, names: ReadonlyMap<number, string>): Flame[] {
  const flames = readdirSync(folder).flatMap((file) => {
    const [, pid, thread] = /^CPU\.\d+\.\d+\.(\d+)\.(\d+)\./.exec(file) ?? [];
    const name = names.get(Number(pid));
    if (name === undefined) return [];
    const text = readFileSync(join(folder, file), "utf8");
    return flameOf(thread === "0" ? name : `${name}, in threads`, text);
  });
  return merged(flames);
}

const profiles = process.argv.includes("--flame") ? await mkdtemp(join(tmpdir(), "haqei-profiles-")) : undefined;
if (profiles)
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ""} --cpu-prof --cpu-prof-dir=${profiles} --cpu-prof-interval=2000`;
const begun = Date.now();
let leaders: ReadonlyMap<number, string> = new Map();
const system = await startSystem({ dataset: DATASET, config: CONFIG });
try {
  leaders = new Map(system.servers.children().map(({ pid, name }) => [pid, name]));
  const samples: Sample[] = [sampleOf(leaders)];
  const timer = setInterval(() => samples.push(sampleOf(leaders)), EVERY_MS);
  const ready = Date.now();
  const date = logicalDateOf(ready, "Asia/Tokyo");
  const { endpoints } = system.servers;
  await runDemonstration({
    edgeUrl: endpoints.edge.url,
    queries: system.authored.examples.filter(({ split }) => split === "live"),
    classes: system.authored.classes,
    n: 400,
    seed: 1,
    date,
  });
  const asked = Date.now();
  const report = await startRun(endpoints, { kind: "daily", date, seed: 1, release: true }, { wait: true });
  const done = Date.now();
  clearInterval(timer);
  samples.push(sampleOf(leaders));
  if (report.status !== "completed") throw new Error(`the run ${report.status}: ${report.error}`);

  const first = samples[0] as Sample;
  const start: Bar = {
    name: "start, bundled model included",
    wall: (ready - begun) / 1000,
    cpu: first.cpu,
    bytes: first.bytes,
  };
  const spans = await spansOf(system.client, report.workflowId);
  const batch = barOf(samples, { name: "the batch", from: asked, to: done });
  const stages = spans.map((span) => barOf(samples, span));
  const sum = ({ cpu }: Bar): number => Object.values(cpu).reduce((total, seconds) => total + seconds, 0);
  const between: Bar = {
    name: "between stages",
    wall: batch.wall - stages.reduce((total, { wall }) => total + wall, 0),
    cpu: Object.fromEntries(
      GROUPS.map((group) => [
        group,
        Math.max(0, (batch.cpu[group] ?? 0) - stages.reduce((total, { cpu }) => total + (cpu[group] ?? 0), 0)),
      ]),
    ),
    bytes: batch.bytes,
  };
  const bars = [start, barOf(samples, { name: "400 queries", from: ready, to: asked }), ...stages, between];
  const whole: Bar = { ...batch, name: "a day", wall: (done - begun) / 1000 };
  printFigures(
    "day",
    [...bars, batch]
      .flatMap((bar) => [
        { name: `${bar.name}, wall`, value: bar.wall, unit: "s", n: 1 },
        { name: `${bar.name}, CPU`, value: sum(bar), unit: "s", n: 1 },
        { name: `${bar.name}, memory at most`, value: bar.bytes / 1e6, unit: "MB", n: 1 },
      ])
      .concat({ name: "start to served, wall", value: whole.wall, unit: "s", n: 1 }),
    process.argv.includes("--json"),
  );
  if (process.argv.includes("--picture")) await writeFile(PICTURE, dayPicture(bars, GROUPS));
} finally {
  await system.end();
}
if (profiles) {
  await writeFile(
    FLAME,
    flamePicture(flamesIn(profiles, leaders), "Where a day's Node processes are at work, from start to stop"),
  );
  await rm(profiles, { recursive: true });
}
