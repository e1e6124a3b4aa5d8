import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { withAnswers } from "#local/workerd.ts";
import { type Figure, printFigures } from "./figures.ts";
import { processCpuMs } from "./process-cpu.ts";

/**
 * How fast a model is: from its bytes to a classifier in a process that has loaded none before, and CPU a query, in Node and in
 * workerd, with the kernel and without. Alone: `node bench/speed.ts --model FILE --texts FILE.json`.
 */

/** Fresh processes a figure of loading: the fastest counts, since other work only adds. */
const PROCESSES = 9;
const ROUNDS = 15;
/** Passes over the texts that one round in workerd measures: /proc counts CPU in ticks of 10 ms. */
const PASSES = 20;
const GOAL_LOAD_MS = 10;
const GOAL_MICROS = 20;
const ROOT = join(import.meta.dirname, "..");

type Runtime = "kernel" | "plain";

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

/** `speed-once.ts` as one bundled script: Node's own stripping of types would go on compiling beside it. */
async function bundled(): Promise<string> {
  const outfile = join(ROOT, ".cache/speed-once.mjs");
  const entryPoints = [join(import.meta.dirname, "speed-once.ts")];
  await build({ entryPoints, outfile, bundle: true, platform: "node", format: "esm", logLevel: "silent" });
  return outfile;
}

async function inNode(model: string, texts: string, runtime: Runtime): Promise<{ loadMs: number; micros: number }> {
  const script = await bundled();
  const once = (...more: string[]): { loadMs: number; micros: number[] } =>
    JSON.parse(execFileSync(process.execPath, [script, model, runtime, ...more], { encoding: "utf8" }));
  const loads = Array.from({ length: PROCESSES }, () => once().loadMs);
  return { loadMs: Math.min(...loads), micros: median(once(texts, String(ROUNDS)).micros) };
}

async function inWorkerd(
  bytes: Uint8Array<ArrayBuffer>,
  texts: readonly string[],
  runtime: Runtime,
): Promise<{ loadMs: number; micros: number }> {
  const body = JSON.stringify(texts);
  const query = runtime === "plain" ? "?plain" : "";
  const loads: number[] = [];
  const rounds: number[] = [];
  for (let process = 0; process < PROCESSES; process += 1) {
    await withAnswers(async ({ url, workerdPid }) => {
      const timed = async (method: string, to: string, body: string | Uint8Array<ArrayBuffer>): Promise<number> => {
        const begun = performance.now();
        await (await fetch(to, { method, body })).arrayBuffer();
        return performance.now() - begun;
      };
      // As many bytes on the same way, refused before there is a model, are what does not belong to loading.
      const other = JSON.stringify(["x".repeat(bytes.length)]);
      const ways: number[] = [];
      for (let way = 0; way < 5; way += 1) ways.push(await timed("POST", url, other));
      loads.push((await timed("PUT", url + query, bytes)) - Math.min(...ways));
      if (process > 0) return;
      const round = () => timed("POST", `${url}?rounds=${PASSES}`, body);
      await round();
      for (let left = ROUNDS; left > 0; left -= 1) {
        const before = processCpuMs(workerdPid());
        await round();
        rounds.push(((processCpuMs(workerdPid()) - before) * 1000) / (PASSES * texts.length));
      }
    });
  }
  return { loadMs: Math.min(...loads), micros: median(rounds) };
}

/** Figures of one model; `name` begins their names. */
export async function speedFigures(name: string, bytes: Uint8Array, texts: readonly string[]): Promise<Figure[]> {
  const scratch = mkdtempSync(join(tmpdir(), "haqei-speed-"));
  const model = join(scratch, "model.bin");
  const textsFile = join(scratch, "texts.json");
  writeFileSync(model, bytes);
  writeFileSync(textsFile, JSON.stringify(texts));
  const n = texts.length;
  const figures: Figure[] = [];
  try {
    for (const [where, run] of [
      ["node", (runtime: Runtime) => inNode(model, textsFile, runtime)],
      ["workerd", (runtime: Runtime) => inWorkerd(new Uint8Array(bytes), texts, runtime)],
    ] as const) {
      const [kernel, plain] = [await run("kernel"), await run("plain")];
      const rows = [
        ["load", "ms to load, cold", kernel.loadMs, plain.loadMs, GOAL_LOAD_MS, PROCESSES],
        ["micros", "us of CPU a query, median round", kernel.micros, plain.micros, GOAL_MICROS, n],
      ] as const;
      for (const [what, unit, value, without, goal, count] of rows) {
        const base = `${name}-${where}-plain-${what}`;
        figures.push(
          { name: base, value: without, unit: `${unit}, without the kernel`, n: count },
          {
            name: `${name}-${where}-${what}`,
            value,
            unit,
            n: count,
            ratioTo: base,
            ratio: value / without,
            goal: `<= ${goal}`,
            met: value <= goal,
          },
        );
      }
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return figures;
}

if (process.argv[1] === import.meta.filename) {
  const options = { model: { type: "string" }, texts: { type: "string" }, json: { type: "boolean" } } as const;
  const { values } = parseArgs({ options });
  const texts = JSON.parse(readFileSync(values.texts ?? "", "utf8")) as string[];
  printFigures("speed", await speedFigures("model", readFileSync(values.model ?? ""), texts), values.json ?? false);
}
