import { fileURLToPath } from "node:url";
import { startRun } from "#workers/client.ts";
import { startSystem } from "../test/support/system.ts";
import { printFigures } from "./figures.ts";

/**
 * What orchestration costs: wall time of whole daily runs on real servers, less the time that their stages worked. The peer, in
 * the same run, is the stages' own work.
 */
const RUNS = 5;
const DATASET = fileURLToPath(new URL("../datasets", import.meta.url));

const system = await startSystem({ dataset: DATASET });
try {
  const overheads: { overhead: number; work: number }[] = [];
  for (let index = 0; index < RUNS; index++) {
    const date = `2026-01-${String(index + 1).padStart(2, "0")}`;
    const report = await startRun(
      system.servers.endpoints,
      { kind: "daily", date, seed: index, release: false },
      { wait: true },
    );
    const { startTime, closeTime } = await system.client.workflow.getHandle(report.workflowId).describe();
    const wall = (Number(closeTime) - Number(startTime)) / 1000;
    // Two stages of the seven work side by side: only the longer of them is on the way.
    const seconds = new Map(report.stages.map((stage) => [stage.name, stage.seconds]));
    const of = (name: string): number => seconds.get(name) ?? 0;
    const work =
      of("01:collect") +
      of("02:preprocess") +
      of("03:train") +
      Math.max(of("04:validate"), of("05:compress")) +
      of("06:deploy") +
      of("07:distribute");
    overheads.push({ overhead: wall - work, work });
  }
  overheads.sort((a, b) => a.overhead - b.overhead);
  const median = overheads[RUNS >> 1] as { overhead: number; work: number };
  const worst = overheads.at(-1) as { overhead: number; work: number };
  printFigures(
    "orchestration",
    [
      {
        name: "orchestration of a daily run, median",
        value: median.overhead,
        unit: "s",
        ratioTo: "the stages' work",
        ratio: median.overhead / median.work,
        goal: "< 5",
        met: median.overhead < 5,
        n: RUNS,
      },
      {
        name: "orchestration of a daily run, worst",
        value: worst.overhead,
        unit: "s",
        ratioTo: "the stages' work",
        ratio: worst.overhead / worst.work,
        goal: "< 5",
        met: worst.overhead < 5,
        n: RUNS,
      },
    ],
    process.argv.includes("--json"),
  );
} finally {
  await system.end();
}
