import { describe, expect, test } from "vitest";
import { PriorityLearning, TrainingConfig } from "#contracts/config.ts";
import { NonFiniteError } from "#contracts/errors.ts";
import { planLessons } from "#policy/curriculum.ts";
import { initialise } from "./initialise.ts";
import { judge, takeLessons } from "./priority.ts";
import { buildProblem, buildVocabulary, classesOf, rowsOf } from "./problem.ts";
import { tinyExamples } from "./test-support/tiny.ts";
import { train } from "./train.ts";
import { loadTrainer } from "./trainer.ts";

const curriculum = PriorityLearning.parse({ enabled: true, learningRate: 0.05 });
const classes = classesOf(tinyExamples);
const problem = buildProblem(tinyExamples, classes, buildVocabulary(tinyExamples, { count: 0 }));
const trainer = await loadTrainer("js");
const setting = { trainer, seed: 3, dropout: 0, labelSmoothing: 0, learningRate: 0.05 };
const wrong = (weights: Parameters<typeof judge>[0]) => judge(weights, problem).filter(({ right }) => !right).length;

/** A start with two classes exchanged in the head: half of the examples are answered wrongly. */
function muddled() {
  const { weights } = initialise(problem, 4, 1);
  const { head, dimension } = weights;
  const first = head.slice(0, dimension);
  head.copyWithin(0, dimension, 2 * dimension);
  head.set(first, dimension);
  return { ...weights, vectors: weights.vectors.map((value) => 30 * value), head: head.map((value) => 10 * value) };
}

describe("priority learning", () => {
  test("mends what was wrong, the same way each time", async () => {
    const [weights, again] = [muddled(), muddled()];
    const before = wrong(weights);
    expect(before).toBeGreaterThan(4);
    const lessons = planLessons(judge(weights, problem), curriculum);
    await takeLessons(weights, problem, lessons, setting);
    await takeLessons(again, problem, lessons, setting);
    expect(again).toEqual(weights);
    expect(wrong(weights)).toBeLessThan(before / 2);
  });

  test("judges with probabilities: first, second, and whether it is right", () => {
    const { weights } = initialise(problem, 4, 1);
    const flat = { ...weights, head: new Float32Array(weights.head.length), bias: Float32Array.of(2, 1, 0, 0) };
    const total = Math.exp(2) + Math.exp(1) + 2;
    for (const [row, judged] of judge(flat, problem).entries()) {
      expect(judged.right).toBe(problem.targets[row] === 0);
      expect(judged.first).toBeCloseTo(Math.exp(2) / total, 6);
      expect(judged.second).toBeCloseTo(Math.exp(1) / total, 6);
    }
  });

  test("runs after the fit where it is enabled, and says what it took", async () => {
    const options = TrainingConfig.parse({ epochs: 1, max_dimension: 6, learningRate: 0.01 });
    const input = { examples: tinyExamples, options, seed: 7 };
    const plain = await train(input);
    const off = await train({ ...input, priority: { ...curriculum, enabled: false } });
    const on = await train({ ...input, priority: curriculum });
    expect(off.model).toEqual(plain.model);
    expect(plain.report.lessons).toBeUndefined();
    expect(on.model).not.toEqual(plain.model);
    expect(Object.values(on.report.lessons ?? {}).reduce((sum, rows) => sum + rows, 0)).toBeGreaterThan(0);
  });

  test("an update that is not finite is refused by name", async () => {
    const { weights } = initialise(problem, 4, 1);
    const lessons = planLessons(judge(weights, problem), curriculum);
    const wild = takeLessons(weights, problem, lessons, { ...setting, learningRate: 1e38 });
    await expect(wild).rejects.toThrow(NonFiniteError);
    const options = TrainingConfig.parse({ epochs: 2, max_dimension: 6, learningRate: 1e38 });
    await expect(train({ examples: tinyExamples, options, seed: 7 })).rejects.toThrow(NonFiniteError);
  });
});

test("rowsOf gives the rows it was asked for, weighed", () => {
  const some = rowsOf(problem, Int32Array.of(5, 2, 5), 3);
  const alone = buildProblem(
    [5, 2, 5].map((row) => ({ ...(tinyExamples[row] as (typeof tinyExamples)[number]), weight: 3 })),
    classes,
    buildVocabulary(tinyExamples, { count: 0 }),
  );
  expect(some).toEqual(alone);
});
