import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type Figure, printFigures } from "./figures.ts";

/**
 * How the cost of a day grows with the events that it learns from: CPU seconds of every stage that computes, each in a process of its own, on
 * logs of 1,000, 10,000 and 100,000 events. The peer is growth in proportion: what an event costs more than a smaller log did.
 * `--events=1000,10000` says how many.
 */
const STAGES = ["collect", "preprocess", "train", "validate", "compress", "deploy"] as const;
const Cost = z.object({ cpuSeconds: z.number(), peakBytes: z.number() });
const SIZES = (process.argv.find((argument) => argument.startsWith("--events="))?.slice(9) ?? "1000,10000,100000")
  .split(",")
  .map(Number);
const PROGRAM = fileURLToPath(new URL("scale-stage.ts", import.meta.url));

interface Day {
  events: number;
  cpuSeconds: number;
}

/** Runs a day's stages; its figures, and what it cost in all. */
function day(events: number): { figures: Figure[]; day: Day } {
  const folder = mkdtempSync(join(tmpdir(), "haqei-cycles-"));
  try {
    const figures = STAGES.map((stage): Figure & { peakBytes: number } => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ["--disable-warning=ExperimentalWarning", PROGRAM, stage, String(events), folder],
        { encoding: "utf8", maxBuffer: 1 << 24 },
      );
      if (status !== 0) throw new Error(`${stage} of ${events} events: ${stderr}`);
      const { cpuSeconds, peakBytes } = Cost.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
      const name = `${events.toLocaleString("en-US")} events, ${stage}`;
      return {
        name,
        value: cpuSeconds,
        unit: `s CPU, ${(peakBytes / 1e6).toFixed(0)} MB at most`,
        n: events,
        peakBytes,
      };
    });
    return {
      figures: figures.map(({ peakBytes: _, ...figure }) => figure),
      day: { events, cpuSeconds: figures.reduce((sum, { value }) => sum + value, 0) },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const figures: Figure[] = [];
const days: Day[] = [];
for (const events of SIZES) {
  const made = day(events);
  figures.push(...made.figures);
  days.push(made.day);
  const { cpuSeconds } = made.day;
  const first = days[0] as Day;
  const growth = events / first.events;
  figures.push({
    name: `${events.toLocaleString("en-US")} events, the whole day`,
    value: cpuSeconds,
    unit: "s CPU",
    n: events,
    ...(days.length === 1
      ? {}
      : {
          ratioTo: `${first.events.toLocaleString("en-US")} events`,
          ratio: cpuSeconds / first.cpuSeconds,
          goal: `at most ${growth} x`,
          met: cpuSeconds / first.cpuSeconds <= growth,
        }),
  });
  const [before, last] = [days.at(-2), days.at(-1) as Day];
  if (before === undefined) continue;
  figures.push({
    name: `an event more, from ${before.events.toLocaleString("en-US")} to ${last.events.toLocaleString("en-US")}`,
    value: (1e6 * (last.cpuSeconds - before.cpuSeconds)) / (last.events - before.events),
    unit: "us CPU",
    n: events - before.events,
  });
}
printFigures("cycles", figures, process.argv.includes("--json"), []);
