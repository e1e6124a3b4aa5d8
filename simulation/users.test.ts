import { expect, test } from "vitest";
import { areLines, relation, siblings } from "./lines.ts";
import { perturb } from "./perturb.ts";
import { randomOf } from "./random.ts";
import { type Asked, type Reaction, reactionsTo, userOf } from "./users.ts";

const CLASSES = 384;

function asked(place: number, truth: number): Asked {
  return { key: `k-${place}`, user: userOf(1, place % 500), truth, classes: CLASSES, ofLines: true };
}

/** Reactions of `n` users to an answer made from each one's truth. */
function react(n: number, shown: (truth: number) => number[]): { truth: number; reactions: Reaction[] }[] {
  return Array.from({ length: n }, (_, place) => {
    const truth = 1 + (place % CLASSES);
    return { truth, reactions: reactionsTo(asked(place, truth), shown(truth)) };
  });
}

/** Another line, in another hexagram and at another position. */
const unrelated = (truth: number): number => ((truth + 12) % CLASSES) + 1;

test("8 to 9 of 10 queries get feedback, in the mix that dataset.md states", () => {
  const all = react(20_000, (truth) => [truth, unrelated(truth), unrelated(unrelated(truth))]);
  const engaged = all.filter(({ reactions }) => reactions.length > 0).length / all.length;
  expect(engaged).toBeGreaterThan(0.8);
  expect(engaged).toBeLessThan(0.92);
  const events = all.flatMap(({ reactions }) => reactions);
  const share = (type: string) => (1000 * events.filter((event) => event.type === type).length) / events.length;
  const wanted = { click: 300, dwell: 200, bounce: 100, thumb: 200, correction: 100, report: 100 };
  for (const [type, perThousand] of Object.entries(wanted))
    expect(Math.abs(share(type) - perThousand), type).toBeLessThan(12);
});

test("thumbs go up as often as the first answer's nearness says", () => {
  const chance = (first: (truth: number) => number): number => {
    const thumbs = react(30_000, (truth) => [first(truth)]).flatMap(({ reactions }) =>
      reactions.filter(({ type }) => type === "thumb"),
    );
    return thumbs.filter(({ value }) => value === 1).length / thumbs.length;
  };
  // 7% bad actors answer by coin, and kindness pulls a little towards one half.
  expect(Math.abs(chance((truth) => truth) - (0.93 * 0.85 + 0.035))).toBeLessThan(0.03);
  expect(Math.abs(chance(unrelated) - (0.93 * 0.1 + 0.035))).toBeLessThan(0.03);
  expect(Math.abs(chance((truth) => siblings(truth)[0] as number) - (0.93 * 0.4 + 0.035))).toBeLessThan(0.03);
});

test("three corrections of four are right, less the bad actors", () => {
  const corrections = react(30_000, (truth) => [unrelated(truth), truth, unrelated(unrelated(truth))]).flatMap(
    ({ truth, reactions }) =>
      reactions.filter(({ type }) => type === "correction").map(({ correctId }) => correctId === truth),
  );
  expect(Math.abs(corrections.filter(Boolean).length / corrections.length - 0.93 * 0.75)).toBeLessThan(0.03);
});

test("the ids a query's feedback has do not depend on the answer", () => {
  const ids = (shown: (truth: number) => number[]) =>
    react(2000, shown).flatMap(({ reactions }) => reactions.map(({ id }) => id));
  const good = ids((truth) => [truth, unrelated(truth)]);
  expect(ids((truth) => [unrelated(truth), truth])).toEqual(good);
  expect(new Set(good).size).toBe(good.length);
});

test("the same seed says the same", () => {
  const shown = [5, 200, 17];
  expect(reactionsTo(asked(3, 5), shown)).toEqual(reactionsTo(asked(3, 5), shown));
  expect(react(200, () => shown)).not.toEqual(
    Array.from({ length: 200 }, (_, place) => {
      const truth = 1 + (place % CLASSES);
      return { truth, reactions: reactionsTo({ ...asked(place, truth), key: `other-${place}` }, shown) };
    }),
  );
});

test("what is clicked and judged was shown; corrections name classes", () => {
  for (const { reactions } of react(5000, (truth) => [truth, unrelated(truth), 7]))
    for (const { correctId } of reactions)
      if (correctId !== undefined) expect(correctId >= 1 && correctId <= CLASSES).toBe(true);
  for (const { truth, reactions } of react(5000, (truth) => [unrelated(truth), truth]))
    for (const { shownId } of reactions)
      if (shownId !== undefined) expect([unrelated(truth), truth]).toContain(shownId);
  expect(() => reactionsTo(asked(0, 1), [])).toThrow(RangeError);
});

test("5 to 10% are bad actors and users keep their ways", () => {
  const users = Array.from({ length: 5000 }, (_, index) => userOf(9, index));
  const bad = users.filter((user) => user.bad).length / users.length;
  expect(bad).toBeGreaterThan(0.05);
  expect(bad).toBeLessThan(0.1);
  expect(userOf(9, 42)).toEqual(users[42]);
});

test("how near one line is to another", () => {
  expect(relation(10, 10, true)).toBe("exact");
  // 11-1 and 12-1 are twins.
  expect(relation(61, 67, true)).toBe("acceptable");
  expect(relation(1, 6, true)).toBe("sibling");
  expect(relation(1, 7, true)).toBe("position");
  expect(relation(1, 8, true)).toBe("unrelated");
  expect(relation(1, 6, false)).toBe("unrelated");
  expect(siblings(9)).toEqual([7, 8, 10, 11, 12]);
  expect(areLines(Array.from({ length: 384 }, (_, i) => String(i + 1)))).toBe(true);
  expect(areLines(["a", "b"])).toBe(false);
});

test("perturbed queries stay queries: most differ a little, some not at all", () => {
  const text = "転職したいけど、今の仕事を続けるべきか迷っています。";
  const variants = Array.from({ length: 1000 }, (_, i) => perturb(text, "ja", randomOf(`p${i}`)));
  const same = variants.filter((variant) => variant === text).length;
  expect(same).toBeGreaterThan(300);
  expect(same).toBeLessThan(600);
  for (const variant of variants) expect(Math.abs([...variant].length - [...text].length)).toBeLessThanOrEqual(6);
  expect(new Set(variants).size).toBeGreaterThan(50);
  expect(perturb(text, "ja", randomOf("x"))).toBe(perturb(text, "ja", randomOf("x")));
  expect(perturb("。", "ja", randomOf("p3")).trim()).not.toBe("");
});

test("draws are uniform and weights are kept", () => {
  const random = randomOf("uniform");
  const draws = Array.from({ length: 20_000 }, () => random.next());
  expect(Math.abs(draws.reduce((sum, draw) => sum + draw, 0) / draws.length - 0.5)).toBeLessThan(0.01);
  expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
  const counts = { a: 0, b: 0, c: 0 };
  for (let i = 0; i < 10_000; i++) counts[random.weighted({ a: 1, b: 3, c: 0 })] += 1;
  expect(counts.c).toBe(0);
  expect(Math.abs(counts.b / 10_000 - 0.75)).toBeLessThan(0.02);
  expect([...random.shuffled([1, 2, 3, 4])].sort()).toEqual([1, 2, 3, 4]);
});
