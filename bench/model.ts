import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { LADDER, type LadderRung, TrainingConfig } from "#contracts/config.ts";
import { type Share, wilson } from "#contracts/wilson.ts";
import { decodeModel } from "#model/codec.ts";
import { createClassifier } from "#model/score.ts";
import { compress } from "#training/compress.ts";
import { evaluate } from "#training/evaluate.ts";
import { measureCompression } from "#training/gate.ts";
import { trainInThread } from "#training/run.ts";
import { readClinc } from "./clinc-data.ts";
import { type Figure, printFigures } from "./figures.ts";
import { auroc, pairedMean } from "./intervals.ts";
import { ladderPicture, type Point } from "./ladder-picture.ts";
import { peers } from "./peers.ts";
import { speedFigures } from "./speed.ts";

/**
 * The compression ladder on CLINC150 (Larson et al. 2019): size, accuracy on the test split, agreement with the uncompressed
 * model, of the full model on every rung and of models trained for a size, and how fast the one of 300 KB loads and scores; beside them
 * fastText with its own compression and scikit-learn's linear support vector machine, trained in the same run. Settings and the
 * step's rule were chosen on the validation split; the test split is read here alone. `--picture` draws docs/images/ladder.svg.
 */

const SEED = 384;
const OPTIONS = TrainingConfig.parse({ learningRate: 0.2, dropout: 0.5, epochs: 10, soups: 4 });
const FULL = "full";
/** Sizes trained for, each with the accuracy it is to reach. */
const SIZES: readonly { name: string; maxBytes: number; rung: LadderRung; goal?: number }[] = [
  { name: "5-mb", maxBytes: 5_000_000, rung: "float16" },
  { name: "2-mb", maxBytes: 2_000_000, rung: "int8" },
  { name: "800-kb", maxBytes: 800_000, rung: "coded" },
  { name: "300-kb", maxBytes: 300_000, rung: "coded", goal: 0.94 },
  { name: "300-kb-codebook", maxBytes: 300_000, rung: "codebook", goal: 0.94 },
  { name: "150-kb", maxBytes: 150_000, rung: "coded", goal: 0.935 },
  { name: "150-kb-codebook", maxBytes: 150_000, rung: "codebook", goal: 0.935 },
  { name: "100-kb", maxBytes: 100_000, rung: "coded" },
];
/** The size whose speed is measured, how long it takes to make, and how well its confidence tells what no class fits. */
const SHIPPED = "300-kb";
const GOAL_LOSS = 0.005;
const GOAL_SECONDS = 90;
const GOAL_AUROC = 0.955;

const { values: args } = parseArgs({
  options: { json: { type: "boolean", default: false }, picture: { type: "boolean", default: false } },
});
const { file, examples, dev, test, outside } = readClinc();
const n = test.length;
const figures: Figure[] = [];
const points: Point[] = [];

async function trained(
  name: string,
  maxBytes: number,
  rung: LadderRung = "coded",
): Promise<{ model: Uint8Array; seconds: number }> {
  const { model, report } = await trainInThread(
    { examples, dev, options: OPTIONS, seed: SEED, rung, ...(maxBytes > 0 ? { maxBytes } : {}) },
    { onProgress: ({ phase, epoch, epochs }) => console.error(`${name}: ${phase} ${epoch}/${epochs}`) },
  );
  figures.push({ name: `${name}-seconds`, value: report.seconds, unit: "s of training", n: examples.length });
  return { model, seconds: report.seconds };
}

const interval = (lo: number, hi: number): string => `[${lo.toFixed(4)}, ${hi.toFixed(4)}]`;

const top1Figure = (name: string, { value, lo, hi }: Share): Figure => ({
  name: `${name}-top1`,
  value,
  unit: `top-1 ${interval(lo, hi)}`,
  n,
});

function measure(name: string, bytes: Uint8Array, goal?: number): void {
  const model = decodeModel(bytes);
  const { top1, correct } = evaluate(model, test);
  const { agreement } = measureCompression(full, model, test);
  const lost = pairedMean(correct.map((right, at) => Number(fullCorrect[at]) - Number(right)));
  figures.push(
    {
      name: `${name}-bytes`,
      value: bytes.length,
      unit: "bytes",
      ratioTo: `${FULL}-float32-bytes`,
      ratio: bytes.length / fullBytes.length,
      n,
    },
    { ...top1Figure(name, top1), ...(goal === undefined ? {} : { goal: `>= ${goal}`, met: top1.value >= goal }) },
    {
      name: `${name}-lost`,
      value: lost.value,
      unit: `top-1 lost, paired ${interval(lost.lo, lost.hi)}`,
      goal: `<= ${GOAL_LOSS}`,
      met: lost.value <= GOAL_LOSS,
      n,
    },
    { name: `${name}-agreement`, value: agreement, unit: "same first answer as the full model", n },
  );
  points.push({
    series: name.includes("codebook") ? "haqei, codebook" : "haqei",
    label: name,
    bytes: bytes.length,
    top1: top1.value,
  });
}

/** How well confidence tells questions that a class fits from those that none does. */
function rejection(name: string, bytes: Uint8Array): Figure {
  const { classify } = createClassifier(decodeModel(bytes));
  const confidences = (texts: readonly { text: string }[]) =>
    texts
      .map(({ text }) => classify(text, { top: 1 }))
      .map(({ path, confidence }) => (path === "prior" ? 0 : confidence));
  const { value, lo, hi } = auroc(confidences(test), confidences(outside));
  return {
    name: `${name}-auroc`,
    value,
    unit: `confidence in scope against out of scope ${interval(lo, hi)}`,
    goal: `>= ${GOAL_AUROC}`,
    met: value >= GOAL_AUROC,
    n: n + outside.length,
  };
}

const { model: fullBytes } = await trained(FULL, 0);
const full = decodeModel(fullBytes);
const { correct: fullCorrect } = evaluate(full, test);
measure(`${FULL}-float32`, fullBytes);
for (const rung of LADDER) measure(`${FULL}-${rung}`, compress(fullBytes, rung));
for (const { name, maxBytes, rung, goal } of SIZES) {
  const { model, seconds } = await trained(name, maxBytes, rung);
  const begun = performance.now();
  const bytes = compress(model, rung, maxBytes);
  const compressing = (performance.now() - begun) / 1000;
  figures.push({ name: `${name}-compress`, value: compressing, unit: "s of compressing", n });
  measure(name, bytes, goal);
  if (name === SHIPPED) {
    const value = seconds + compressing;
    figures.push(
      {
        name: `${name}-made`,
        value,
        unit: "s of training and compressing",
        goal: `<= ${GOAL_SECONDS}`,
        met: value <= GOAL_SECONDS,
        n: examples.length,
      },
      rejection(name, bytes),
    );
    const texts = test.map(({ text }) => text);
    figures.push(...(await speedFigures(name, bytes, texts)));
  }
}

const svc = peers("linear_svc.py", file("train"), file("test")).map((one) => ({ ...one, name: "linear-svc" }));
const fastText = peers("fast_text.py", file("train"), file("test"));
for (const [series, found] of [
  ["LinearSVC", svc],
  ["fastText", fastText],
] as const) {
  for (const { name, bytes, correct, seconds, micros } of found) {
    const share = wilson(correct, n);
    figures.push(
      { name: `${name}-bytes`, value: bytes, unit: "bytes", n },
      { ...top1Figure(name, share), ratioTo: "300-kb-top1", ratio: share.value / topOf("300-kb") },
      { name: `${name}-seconds`, value: seconds, unit: "s of training", n: examples.length },
      { name: `${name}-micros`, value: micros, unit: "us a query, in one batch", n },
    );
    points.push({ series, label: name.replace("fasttext-quantised-", "cutoff "), bytes, top1: share.value });
  }
}

function topOf(label: string): number {
  return points.find((point) => point.label === label)?.top1 ?? Number.NaN;
}

if (args.picture) {
  const picture = ladderPicture(points, `CLINC150, test split (n ${n.toLocaleString("en-US")})`);
  writeFileSync(join(import.meta.dirname, "../docs/images/ladder.svg"), `${picture}\n`);
}
printFigures("model", figures, args.json, [
  ...(svc.length > 0 ? [] : [{ name: "linear-svc", install: "python3 -m pip install scikit-learn" }]),
  ...(fastText.length > 0 ? [] : [{ name: "fasttext", install: "python3 -m pip install fasttext-wheel==0.9.2" }]),
]);
