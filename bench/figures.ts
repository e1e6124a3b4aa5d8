import { execFileSync } from "node:child_process";
import { cpus } from "node:os";

/** One measured number and what it is held against (cli.md, Benchmarks). */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** The figure of the same run that it is divided by. */
  ratioTo?: string;
  ratio?: number;
  goal?: string;
  met?: boolean;
  n: number;
}

export interface Benchmark {
  name: string;
  machine: string;
  commit: string;
  figures: Figure[];
  /** Peers that are not installed, each with the command that installs it. */
  missing?: { name: string; install: string }[];
}

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "unknown";
  }
}

const machine = (): string => `${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown"}, Node ${process.version}`;

const short = (value: number): string => value.toPrecision(4).replace(/\.?0+$/, "");

/** Prints figures as one JSON document, or as a table for people. */
export function printFigures(name: string, figures: Figure[], json: boolean, missing: Benchmark["missing"] = []): void {
  const absent = missing.length > 0 ? { missing } : {};
  const benchmark: Benchmark = { name, machine: machine(), commit: commit(), figures, ...absent };
  if (json) {
    console.log(JSON.stringify(benchmark));
    return;
  }
  console.log(`${name}: ${benchmark.machine}`);
  const width = Math.max(28, ...figures.map((figure) => figure.name.length));
  for (const { name: figure, value, unit, ratioTo, ratio, goal, met, n } of figures) {
    const against = ratio === undefined ? "" : `  ${short(ratio)} x ${ratioTo}`;
    const held = goal === undefined ? "" : `  goal ${goal}: ${met ? "met" : "NOT met"}`;
    console.log(`  ${figure.padEnd(width)} ${short(value).padStart(8)} ${unit}  n=${n}${against}${held}`);
  }
  for (const { name: peer, install } of missing) console.log(`  ${peer.padEnd(width)} not installed: ${install}`);
}
