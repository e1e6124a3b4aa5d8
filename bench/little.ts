import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Share, wilson } from "#contracts/wilson.ts";
import { readAuthored } from "#datasets/authored.ts";
import { loadConfig } from "#local/config.ts";
import { compress } from "#training/compress.ts";
import { evaluate } from "#training/evaluate.ts";
import type { LabelledText } from "#training/problem.ts";
import { createRandom, shuffled } from "#training/random.ts";
import { trainInThread } from "#training/run.ts";
import { readClinc } from "./clinc-data.ts";
import { type Figure, printFigures } from "./figures.ts";
import { peers } from "./peers.ts";

/**
 * Few examples a class, without a teacher: CLINC150 (Larson et al. 2019) with twelve of each drawn by seed, and the project's own
 * lines in three languages, by the settings of `haqei.config.ts` and at several sizes; beside them scikit-learn's linear support
 * vector machine, trained in the same run. Test splits are read here alone.
 */

const SEED = 384;
const A_CLASS = 12;
const SIZES = [800_000, 300_000, 150_000];

const { values: args } = parseArgs({
  options: { json: { type: "boolean", default: false }, only: { type: "string" } },
});
const { config } = await loadConfig(fileURLToPath(new URL("../haqei.config.ts", import.meta.url)));
const scratch = mkdtempSync(join(tmpdir(), "haqei-bench-"));
const figures: Figure[] = [];
let missing = false;

interface Data {
  name: string;
  examples: readonly LabelledText[];
  dev: readonly LabelledText[];
  test: readonly LabelledText[];
}

/** The first `A_CLASS` examples of each class in an order drawn by seed. */
function few(examples: readonly LabelledText[]): LabelledText[] {
  const taken = new Map<string, number>();
  return [...shuffled(examples.length, createRandom(SEED))]
    .map((at) => examples[at] as LabelledText)
    .filter(({ label }) => {
      const before = taken.get(label) ?? 0;
      taken.set(label, before + 1);
      return before < A_CLASS;
    });
}

async function lines(): Promise<Data> {
  const { examples } = await readAuthored(fileURLToPath(new URL("../datasets", import.meta.url)));
  const of = (wanted: string) => examples.filter(({ split }) => split === wanted);
  return { name: "lines", examples: of("train"), dev: of("dev"), test: of("test") };
}

function table(name: string, examples: readonly LabelledText[]): string {
  const path = join(scratch, name);
  writeFileSync(path, examples.map(({ label, text }) => `${label}\t${text.replace(/\s/g, " ")}\n`).join(""));
  return path;
}

const top1 = (name: string, { value, lo, hi }: Share, n: number): Figure => ({
  name: `${name}-top1`,
  value,
  unit: `top-1 [${lo.toFixed(4)}, ${hi.toFixed(4)}]`,
  n,
});

async function measure({ name, examples, dev, test }: Data): Promise<void> {
  const n = test.length;
  const [peer] = peers("linear_svc.py", table("train.tsv", examples), table("test.tsv", test));
  const svc = peer && wilson(peer.correct, n);
  missing ||= !svc;
  if (svc) figures.push(top1(`${name}-linear-svc`, svc, n));
  for (const maxBytes of SIZES) {
    const { model } = await trainInThread(
      { examples, dev, options: config.training, seed: SEED, maxBytes },
      { onProgress: ({ phase, epoch, epochs }) => console.error(`${name} ${maxBytes}: ${phase} ${epoch}/${epochs}`) },
    );
    const share = evaluate(compress(model, "coded", maxBytes), test).top1;
    const held = svc ? { goal: `>= ${svc.value.toFixed(4)}`, met: share.value >= svc.value } : {};
    figures.push({ ...top1(`${name}-${maxBytes / 1000}-kb`, share, n), ...held });
  }
}

const wanted = (name: string): boolean => args.only === undefined || args.only === name;
if (wanted("clinc")) {
  const { examples, dev, test } = readClinc();
  await measure({ name: `clinc-${A_CLASS}-a-class`, examples: few(examples), dev, test });
}
if (wanted("lines")) await measure(await lines());
rmSync(scratch, { recursive: true, force: true });
printFigures(
  "little",
  figures,
  args.json,
  missing ? [{ name: "linear-svc", install: "python3 -m pip install scikit-learn" }] : [],
);
