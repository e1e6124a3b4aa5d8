import type { PriorityLearning } from "#contracts/config.ts";
import { type Judged, type Lesson, planLessons } from "#policy/curriculum.ts";
import { logitsOf } from "./calibrate.ts";
import { requireFinite } from "./finite.ts";
import type { Weights } from "./initialise.ts";
import { type Problem, rowsOf } from "./problem.ts";
import { createRandom, shuffled } from "./random.ts";
import type { Epoch, Trainer } from "./trainer.ts";

/** Keeps the random numbers of the lessons apart from those of the fit's passes. */
const PURPOSE = 0x1e5503;

/**
 * Learns once more what a fitted model finds hard (specification 7.2), moving `weights` in place: plans lessons from what it says of
 * its own training examples, then takes them. Returns the number of examples in each lesson. Deterministic.
 */
export async function learnByPriority(
  weights: Weights,
  problem: Problem,
  curriculum: PriorityLearning,
  setting: { trainer: Trainer; seed: number } & Pick<Epoch, "dropout" | "labelSmoothing">,
): Promise<Record<string, number>> {
  const lessons = planLessons(judge(weights, problem), curriculum);
  await takeLessons(weights, problem, lessons, { ...setting, learningRate: curriculum.learningRate });
  return Object.fromEntries(lessons.map(({ name, rows }) => [name, rows.length]));
}

/** Takes each lesson in turn: a batch an iteration, going round its examples in one shuffled order. */
export async function takeLessons(
  weights: Weights,
  problem: Problem,
  lessons: readonly Lesson[],
  setting: { trainer: Trainer; seed: number; learningRate: number } & Pick<Epoch, "dropout" | "labelSmoothing">,
): Promise<void> {
  const { trainer, seed, learningRate: rate, dropout, labelSmoothing } = setting;
  for (const [at, { rows, weight, batch, iterations }] of lessons.entries()) {
    const order = shuffled(rows.length, createRandom(seed, PURPOSE, at));
    for (let iteration = 0; iteration < iterations; iteration += 1) {
      const taken = Int32Array.from({ length: Math.min(batch, rows.length) }, (_, place) => {
        const turn = (iteration * batch + place) % rows.length;
        return rows[order[turn] as number] as number;
      });
      const random = createRandom(seed, PURPOSE, at, iteration);
      const epoch: Epoch = { rateFrom: rate, rateTo: rate, dropout, labelSmoothing, random };
      await trainer.fitEpoch(weights, rowsOf(problem, taken, weight), epoch);
    }
  }
  requireFinite(weights, "the lessons", "Lower learning.priority_learning.learningRate.");
}

/** What a model says of each row. */
export function judge(weights: Weights, problem: Problem): Judged[] {
  const { size, classes, targets } = problem;
  const logits = logitsOf(weights, problem);
  return Array.from({ length: size }, (_, row) => {
    const own = logits.subarray(row * classes, (row + 1) * classes);
    let best = 0;
    let next = -1;
    for (let k = 1; k < classes; k += 1) {
      if ((own[k] as number) > (own[best] as number)) [best, next] = [k, best];
      else if (next < 0 || (own[k] as number) > (own[next] as number)) next = k;
    }
    const highest = own[best] as number;
    const total = own.reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
    return {
      right: best === targets[row],
      first: 1 / total,
      second: next < 0 ? 0 : Math.exp((own[next] as number) - highest) / total,
    };
  });
}
