import { expect, test } from "vitest";
import { fitLogistic, logitsOf } from "./logistic.ts";
import { createRandom } from "./random.ts";

/** Clouds around 5 corners, 40 rows each, stretched along one axis that says nothing. */
function clouds() {
  const random = createRandom(1);
  const [classes, dimension, each] = [5, 9, 40];
  const rows = Float32Array.from({ length: classes * each * dimension }, (_, at) => {
    const d = at % dimension;
    const k = Math.floor(at / dimension) % classes;
    const noise = random.next() - 0.5;
    return 3 + (d === k ? 1 : 0) + (d === dimension - 1 ? 40 * noise : noise);
  });
  const targets = Int32Array.from({ length: classes * each }, (_, row) => row % classes);
  return { rows, dimension, classes, targets, weights: new Float32Array(targets.length).fill(1) };
}

const best = (logits: Float64Array) => logits.indexOf(Math.max(...logits));

test("tells classes apart in rows that it has not seen", () => {
  const problem = clouds();
  const seen = [...problem.targets.keys()].slice(0, 101);
  const regression = fitLogistic({ ...problem, seen });
  const unseen = [...problem.targets.keys()].slice(101);
  const right = unseen.filter((row) => best(logitsOf(regression, problem.rows, row)) === problem.targets[row]);
  expect(right.length / unseen.length).toBeGreaterThan(0.9);
});

test("a class without rows is never the answer", () => {
  const problem = clouds();
  const seen = [...problem.targets.keys()].filter((row) => problem.targets[row] !== 2);
  const regression = fitLogistic({ ...problem, seen });
  for (const row of problem.targets.keys()) {
    const logits = logitsOf(regression, problem.rows, row);
    expect(logits[2]).toBe(Number.NEGATIVE_INFINITY);
    expect(logits.filter(Number.isFinite)).toHaveLength(4);
  }
});

test("the unseen rows change nothing", () => {
  const problem = clouds();
  const seen = [...problem.targets.keys()].slice(0, 100);
  const others = { rows: problem.rows.map((value, at) => (at < 100 * problem.dimension ? value : 7)) };
  expect(fitLogistic({ ...problem, ...others, seen })).toEqual(fitLogistic({ ...problem, seen }));
});

test("rows that are all alike give finite logits", () => {
  const problem = { ...clouds(), rows: new Float32Array(200 * 9).fill(1) };
  const regression = fitLogistic({ ...problem, seen: [...problem.targets.keys()] });
  expect(logitsOf(regression, problem.rows, 0).every(Number.isFinite)).toBe(true);
});

test("a heavy class pulls rows to itself", () => {
  const problem = clouds();
  const seen = [...problem.targets.keys()];
  const answers = (weight: number) => {
    const weights = Float32Array.from(problem.targets, (k) => (k === 0 ? weight : 1));
    const regression = fitLogistic({ ...problem, weights, seen });
    return logitsOf(regression, new Float32Array(problem.dimension).fill(3), 0);
  };
  const lead = (logits: Float64Array) => (logits[0] as number) - (logits[1] as number);
  expect(lead(answers(8))).toBeGreaterThan(lead(answers(1)));
});
