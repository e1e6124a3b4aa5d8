import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { askTeacher } from "#activities/teacher.ts";
import { type Share, wilson } from "#contracts/wilson.ts";
import { readAuthored } from "#datasets/authored.ts";
import { loadConfig } from "#local/config.ts";
import { compress } from "#training/compress.ts";
import { evaluate } from "#training/evaluate.ts";
import type { LabelledText } from "#training/problem.ts";
import { createRandom, shuffled } from "#training/random.ts";
import { trainInThread } from "#training/run.ts";
import type { Teacher } from "#training/teacher.ts";
import { readClinc } from "./clinc-data.ts";
import { type Figure, printFigures } from "./figures.ts";
import { peers } from "./peers.ts";

/**
 * Few examples a class: CLINC150 (Larson et al. 2019) with twelve of each drawn by seed, and the project's own lines in three
 * languages, by the settings of `haqei.config.ts` and at several sizes; beside them scikit-learn's linear support vector machine,
 * trained in the same run. With `--teacher URL` also taught, and on CLINC150 with training texts that it labels itself, without their labels.
 * Test splits are read here alone.
 */

const SEED = 384;
const A_CLASS = 12;
const SIZES = [800_000, 300_000, 150_000];
/** Texts without a label that the teacher gets, at most. */
const UNJUDGED = 2000;
/** Of them it may label all: on CLINC150's dev split better than the config's. */
const LABELLED = { most: UNJUDGED, weight: 1, confidence: 0 };
/** By how much a teacher is to be better than the support vector machine. */
const TAUGHT_GAIN = 0.03;

const { values: args } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    only: { type: "string" },
    teacher: { type: "string" },
    /** Where the teacher's answers are kept. */
    embeddings: { type: "string", default: fileURLToPath(new URL("../.cache/embeddings.db", import.meta.url)) },
  },
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
  /** Texts of the training split that are not among the examples, in no order. */
  unjudged: readonly string[];
}

/** The first `A_CLASS` examples of each class in an order drawn by seed, and the texts of the next others. */
function few(examples: readonly LabelledText[]): Pick<Data, "examples" | "unjudged"> {
  const taken = new Map<string, number>();
  const drawn = [...shuffled(examples.length, createRandom(SEED))].map((at) => examples[at] as LabelledText);
  const [own, others] = [[] as LabelledText[], [] as string[]];
  for (const example of drawn) {
    const before = taken.get(example.label) ?? 0;
    taken.set(example.label, before + 1);
    if (before < A_CLASS) own.push(example);
    else others.push(example.text);
  }
  return { examples: own, unjudged: others.slice(0, UNJUDGED) };
}

async function lines(): Promise<Data> {
  const { examples } = await readAuthored(fileURLToPath(new URL("../datasets", import.meta.url)));
  const of = (wanted: string) => examples.filter(({ split }) => split === wanted);
  return { name: "lines", examples: of("train"), dev: of("dev"), test: of("test"), unjudged: [] };
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

async function measure({ name, examples, dev, test, unjudged }: Data): Promise<void> {
  const n = test.length;
  const [peer] = peers("linear_svc.py", table("train.tsv", examples), table("test.tsv", test));
  const svc = peer && wilson(peer.correct, n);
  missing ||= !svc;
  if (svc) figures.push(top1(`${name}-linear-svc`, svc, n));
  const fitted = async (as: string, maxBytes: number, least: number, teacher?: Teacher): Promise<void> => {
    const { model } = await trainInThread(
      { examples, dev, options: config.training, seed: SEED, maxBytes, ...(teacher ? { teacher } : {}) },
      { onProgress: ({ phase, epoch, epochs }) => console.error(`${name} ${as}: ${phase} ${epoch}/${epochs}`) },
    );
    const share = evaluate(compress(model, "coded", maxBytes), test).top1;
    const goal = (svc?.value ?? Number.NaN) + least;
    const held = svc ? { goal: `>= ${goal.toFixed(4)}`, met: share.value >= goal } : {};
    figures.push({ ...top1(`${name}-${as}`, share, n), ...held });
  };
  for (const maxBytes of SIZES) await fitted(`${maxBytes / 1000}-kb`, maxBytes, 0);
  if (args.teacher === undefined) return;
  const largest = SIZES[0] as number;
  const texts = examples.map(({ text }) => text);
  const asked = { ...config.teacher, url: args.teacher, required: true, unjudged: LABELLED };
  const { teacher } = await askTeacher(asked, { texts }, args.embeddings);
  await fitted(`${largest / 1000}-kb-taught`, largest, TAUGHT_GAIN, teacher);
  if (unjudged.length === 0) return;
  const { teacher: labelling } = await askTeacher(asked, { texts, unjudged }, args.embeddings);
  await fitted(`${largest / 1000}-kb-taught-and-${unjudged.length}-unjudged`, largest, TAUGHT_GAIN, labelling);
}

const wanted = (name: string): boolean => args.only === undefined || args.only === name;
if (wanted("clinc")) {
  const { examples, dev, test } = readClinc();
  await measure({ name: `clinc-${A_CLASS}-a-class`, ...few(examples), dev, test });
}
if (wanted("lines")) await measure(await lines());
rmSync(scratch, { recursive: true, force: true });
printFigures(
  "little",
  figures,
  args.json,
  missing ? [{ name: "linear-svc", install: "python3 -m pip install scikit-learn" }] : [],
);
