import { parseArgs } from "node:util";
import { PriorityLearning, TrainingConfig } from "#contracts/config.ts";
import { type Lesson, planLessons, uniformLessons } from "#policy/curriculum.ts";
import { evaluate } from "#training/evaluate.ts";
import { jsTrainer } from "#training/fit-js.ts";
import { initialise, type Weights } from "#training/initialise.ts";
import { judge, takeLessons } from "#training/priority.ts";
import { buildProblem, buildVocabulary, classesOf } from "#training/problem.ts";
import { createRandom, shuffled } from "#training/random.ts";
import { train } from "#training/train.ts";
import { readClinc } from "./clinc-data.ts";
import { type Figure, printFigures } from "./figures.ts";

/**
 * What light learning gains, on CLINC150's dev split: a run that goes on from a parent trained on 70% of the examples, against one from
 * nothing on all of them; and priority learning (specification 7.2) against as many uniform steps, on the same fitted weights.
 */

const SEEDS = [384, 385, 386];
const PARENT_SHARE = 0.7;

const { values: args } = parseArgs({ options: { json: { type: "boolean", default: false } } });
const { examples, dev } = readClinc();
const classes = classesOf(examples);
const options = TrainingConfig.parse({});
const curriculum = PriorityLearning.parse({ enabled: true });
const n = dev.length * SEEDS.length;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

async function timed(input: Parameters<typeof train>[0]) {
  const before = process.cpuUsage();
  const { model } = await train(input);
  const { user, system } = process.cpuUsage(before);
  return { model, top1: evaluate(model, dev).top1.value, seconds: (user + system) / 1e6 };
}

const cold = [];
const parents = [];
const warm = [];
for (const seed of SEEDS) {
  const order = shuffled(examples.length, createRandom(seed));
  const known = [...order.subarray(0, PARENT_SHARE * order.length)].map(
    (row) => examples[row] as (typeof examples)[number],
  );
  const parent = await timed({ examples: known, classes, options, seed });
  parents.push(parent);
  warm.push(await timed({ examples, classes, options, seed: seed + 1000, parent: parent.model }));
  cold.push(await timed({ examples, classes, options, seed }));
}

const vocabulary = buildVocabulary(examples, { count: 0 });
const problem = buildProblem(examples, classes, vocabulary);
const held = buildProblem(dev, classes, vocabulary);
const top1 = (weights: Weights): number => judge(weights, held).filter(({ right }) => right).length / held.size;
const { epochs, learningRate, dropout, labelSmoothing } = options;
const gains: { none: number; priority: number; uniform: number }[] = [];
const taken: number[] = [];
for (const seed of SEEDS) {
  const fitted = initialise(problem, options.max_dimension, options.min_variance_explained).weights;
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    const [rateFrom, rateTo] = [epoch, epoch + 1].map((at) => learningRate * (1 - at / epochs)) as [number, number];
    const random = createRandom(seed, epoch);
    await jsTrainer.fitEpoch(fitted, problem, { rateFrom, rateTo, dropout, labelSmoothing, random });
  }
  const lessons = planLessons(judge(fitted, problem), curriculum);
  taken.push(lessons.reduce((sum, { rows }) => sum + rows.length, 0));
  const after = async (own: readonly Lesson[]) => {
    const weights = structuredClone(fitted);
    await takeLessons(weights, problem, own, {
      trainer: jsTrainer,
      seed,
      dropout,
      labelSmoothing,
      learningRate: curriculum.learningRate,
    });
    return top1(weights);
  };
  gains.push({
    none: top1(fitted),
    priority: await after(lessons),
    uniform: await after(uniformLessons(problem.size, lessons)),
  });
}

const figure = (name: string, value: number, unit: string, against?: [string, number]): Figure => ({
  name,
  value,
  unit,
  n,
  ...(against ? { ratioTo: against[0], ratio: value / against[1] } : {}),
});
const coldTop1 = mean(cold.map((run) => run.top1));
const coldSeconds = mean(cold.map(({ seconds }) => seconds));
const uniform = mean(gains.map((gain) => gain.uniform));
printFigures(
  "learning",
  [
    figure("cold-top1", coldTop1, "top-1, dev split, mean of 3 seeds"),
    figure("parent-top1", mean(parents.map((run) => run.top1)), "top-1 of the parent, which knows 70%"),
    figure("warm-top1", mean(warm.map((run) => run.top1)), "top-1", ["cold-top1", coldTop1]),
    figure("cold-seconds", coldSeconds, "s of one core"),
    figure("warm-seconds", mean(warm.map(({ seconds }) => seconds)), "s of one core", ["cold-seconds", coldSeconds]),
    figure("fit-top1", mean(gains.map((gain) => gain.none)), "top-1 before any lesson"),
    figure("uniform-top1", uniform, "top-1 after as many uniform steps"),
    figure(
      "priority-top1",
      mean(gains.map((gain) => gain.priority)),
      `top-1 after the lessons, of ${mean(taken).toFixed(0)} examples`,
      ["uniform-top1", uniform],
    ),
  ],
  args.json,
);
