import fc from "fast-check";
import { expect, test } from "vitest";
import { PriorityLearning } from "#contracts/config.ts";
import { lessonOf, planLessons, uniformLessons } from "./curriculum.ts";

const curriculum = PriorityLearning.parse({});

test("holds the specification's weights, batches and iterations (7.2)", () => {
  expect(curriculum).toMatchObject({
    misclassified: { weight: 3, batch: 100, iterations: 10 },
    low_confidence: { weight: 2, batch: 200, iterations: 5 },
    edge_cases: { weight: 2.5, batch: 50, iterations: 15 },
  });
});

test.each([
  [{ right: false, first: 0.99, second: 0 }, "misclassified"],
  [{ right: true, first: 0.55, second: 0.4 }, "edge_cases"],
  [{ right: true, first: 0.45, second: 0.1 }, "low_confidence"],
  [{ right: true, first: 0.5, second: 0.3 }, undefined],
  [{ right: true, first: 0.9, second: 0.05 }, undefined],
])("%o is learnt again as %s", (judged, name) => {
  expect(lessonOf(judged, curriculum)).toBe(name);
});

const anyJudged = fc.array(
  fc.record({
    right: fc.boolean(),
    first: fc.double({ min: 0, max: 1, noNaN: true }),
    second: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
);

test("each example is in one lesson at most, and every wrong one is in one", () => {
  fc.assert(
    fc.property(anyJudged, (judged) => {
      const lessons = planLessons(judged, curriculum);
      const rows = lessons.flatMap((lesson) => lesson.rows);
      expect(new Set(rows).size).toBe(rows.length);
      for (const [row, { right }] of judged.entries()) if (!right) expect(lessons[0]?.rows).toContain(row);
    }),
  );
});

test("the lessons come weightiest first, none empty, and none that is switched off", () => {
  const hard = [
    { right: true, first: 0.3, second: 0 },
    { right: true, first: 0.5, second: 0.45 },
    { right: false, first: 1, second: 0 },
  ];
  expect(planLessons(hard, curriculum).map(({ name, rows }) => [name, rows])).toEqual([
    ["misclassified", [2]],
    ["edge_cases", [1]],
    ["low_confidence", [0]],
  ]);
  expect(planLessons(hard.slice(0, 1), curriculum)).toHaveLength(1);
  expect(planLessons(hard, { ...curriculum, edge_cases: { ...curriculum.edge_cases, iterations: 0 } })).toHaveLength(2);
});

test("what it is held against takes as many steps", () => {
  const lessons = planLessons([{ right: false, first: 1, second: 0 }], curriculum);
  expect(uniformLessons(3, lessons)).toEqual([
    { name: "uniform", rows: [0, 1, 2], weight: 1, batch: 100, iterations: 10 },
  ]);
});
