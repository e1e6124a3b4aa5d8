import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type Figure, printFigures } from "./figures.ts";

/**
 * How `01:collect` and `02:preprocess` grow with a day's events: CPU and highest memory of each stage in a process of its own, against
 * growth in proportion, and against DuckDB doing the aggregation of preprocess over the same partition in the same run.
 * `--events 10000,100000,1000000` says how many.
 */
const Cost = z.object({
  cpuSeconds: z.number(),
  peakBytes: z.number(),
  metrics: z.record(z.string(), z.unknown()).optional(),
  texts: z.number().optional(),
});
type Cost = z.infer<typeof Cost>;

const SIZES = (process.argv.find((argument) => argument.startsWith("--events="))?.slice(9) ?? "10000,100000,1000000")
  .split(",")
  .map(Number);
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const MB = 1e6;

function run(command: string, args: readonly string[]): Cost | undefined {
  const { status, stdout, stderr } = spawnSync(command, [...args], { encoding: "utf8", maxBuffer: 1 << 24 });
  if (status === 0) return Cost.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
  console.error(`${args.slice(-3).join(" ")}: ${stderr.trim().split("\n").at(-1) ?? `ended with ${status}`}`);
  return undefined;
}
const stage = (name: string, events: number, folder: string): Cost | undefined =>
  run(process.execPath, [
    "--disable-warning=ExperimentalWarning",
    here("scale-stage.ts"),
    name,
    String(events),
    folder,
  ]);

const figures: Figure[] = [];
const duck = spawnSync("python3", ["-c", "import duckdb"]).status === 0;
const first = new Map<string, number>();
for (const events of SIZES) {
  const folder = mkdtempSync(join(tmpdir(), "haqei-scale-"));
  try {
    for (const name of ["collect", "preprocess"]) {
      const cost = stage(name, events, folder);
      if (cost === undefined) continue;
      const each = cost.cpuSeconds / events;
      const smallest = first.get(name) ?? each;
      first.set(name, smallest);
      const peer =
        name === "preprocess" && duck
          ? run("python3", [here("duck_aggregate.py"), join(folder, "events.jsonl")])
          : undefined;
      const label = `${name} of ${events.toLocaleString("en-US")} events`;
      figures.push(
        {
          name: `${label}: CPU an event`,
          value: each * 1e6,
          unit: "us",
          ratioTo: `the smallest log's (1 is linear)`,
          ratio: each / smallest,
          goal: "at most 1.2 x",
          met: each <= 1.2 * smallest,
          n: events,
        },
        { name: `${label}: highest memory`, value: cost.peakBytes / MB, unit: "MB", n: events },
      );
      if (peer !== undefined)
        figures.push(
          {
            name: `${label}: CPU`,
            value: cost.cpuSeconds,
            unit: "s",
            ratioTo: "DuckDB's",
            ratio: cost.cpuSeconds / peer.cpuSeconds,
            n: events,
          },
          { name: `DuckDB, the same aggregation: highest memory`, value: peer.peakBytes / MB, unit: "MB", n: events },
        );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
printFigures(
  "scale",
  figures,
  process.argv.includes("--json"),
  duck ? [] : [{ name: "DuckDB", install: "pip install duckdb" }],
);
