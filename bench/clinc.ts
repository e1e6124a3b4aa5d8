import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { TrainingConfig } from "#contracts/config.ts";
import { type Share, wilson } from "#contracts/wilson.ts";
import { evaluate } from "#training/evaluate.ts";
import { classesOf } from "#training/problem.ts";
import { trainInThread } from "#training/run.ts";
import { nearestCentroid } from "./centroid.ts";
import { readClinc } from "./clinc-data.ts";
import { type Figure, printFigures } from "./figures.ts";

/**
 * CLINC150 (Larson et al. 2019) through the training function that `haqei train` calls, uncompressed: accuracy on the test split
 * and time, against scikit-learn's linear support vector machine and a nearest-centroid classifier in the same run.
 */

const GOAL_TOP1 = 0.93;
const GOAL_SECONDS = 90;
const SEED = 384;

const { values: args } = parseArgs({ options: { json: { type: "boolean", default: false } } });
const { file, examples, dev, test } = readClinc();
const n = test.length;

const top1 = (name: string, { value, lo, hi }: Share): Figure => ({
  name,
  value,
  unit: `top-1 [${lo.toFixed(4)}, ${hi.toFixed(4)}]`,
  n,
});

const options = TrainingConfig.parse({ learningRate: 0.1, dropout: 0.5 });
const { model, report } = await trainInThread(
  { examples, dev, options, seed: SEED },
  { onProgress: ({ phase, epoch, epochs }) => console.error(`${phase} ${epoch}/${epochs}`) },
);
const measured = evaluate(model, test);

const begun = performance.now();
const centroid = nearestCentroid(examples, classesOf(examples));
const centroidSeconds = (performance.now() - begun) / 1000;
const centroidTop1 = wilson(test.filter(({ text, label }) => centroid(text) === label).length, n);

/** TF-IDF of words and characters with LinearSVC; nothing where scikit-learn is absent. */
function linearSvc(): { seconds: number; correct: number } | undefined {
  try {
    const script = join(import.meta.dirname, "linear_svc.py");
    const output = execFileSync("python3", [script, file("train"), file("test")], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return JSON.parse(output) as { seconds: number; correct: number };
  } catch {
    return undefined;
  }
}
const svc = linearSvc();
const svcTop1 = svc && wilson(svc.correct, n);

const against = svcTop1
  ? { ratioTo: "linear-svc", ratio: measured.top1.value / svcTop1.value }
  : { ratioTo: "nearest-centroid", ratio: measured.top1.value / centroidTop1.value };
const figures: Figure[] = [
  { ...top1("haqei", measured.top1), ...against, goal: `>= ${GOAL_TOP1}`, met: measured.top1.value >= GOAL_TOP1 },
  {
    name: "haqei-seconds",
    value: report.seconds,
    unit: "s",
    ...(svc ? { ratioTo: "linear-svc-seconds", ratio: report.seconds / svc.seconds } : {}),
    goal: `< ${GOAL_SECONDS}`,
    met: report.seconds < GOAL_SECONDS,
    n: examples.length,
  },
  { name: "haqei-micros-p50", value: measured.microsPerQuery.p50, unit: "us a query", n },
  { name: "haqei-ece", value: measured.ece, unit: "expected calibration error", n },
  top1("nearest-centroid", centroidTop1),
  { name: "nearest-centroid-seconds", value: centroidSeconds, unit: "s", n: examples.length },
  ...(svc && svcTop1
    ? [top1("linear-svc", svcTop1), { name: "linear-svc-seconds", value: svc.seconds, unit: "s", n: examples.length }]
    : []),
];
printFigures(
  "clinc",
  figures,
  args.json,
  svc ? [] : [{ name: "linear-svc", install: "python3 -m pip install scikit-learn" }],
);
