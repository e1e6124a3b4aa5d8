import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { learnExamples } from "#activities/feedback.ts";
import { FeedbackConfig, LearningWeights, TrainingConfig } from "#contracts/config.ts";
import type { Example } from "#contracts/example.ts";
import { decodeModel } from "#model/codec.ts";
import { createClassifier } from "#model/score.ts";
import { trafficOf } from "#simulation/traffic.ts";
import { createVirtualLog } from "#simulation/virtual-log.ts";
import { evaluate } from "#training/evaluate.ts";
import { readTsv } from "#training/examples.ts";
import { classesOf } from "#training/problem.ts";
import { train } from "#training/train.ts";

/** CLINC150, 20 examples a class authored and 20 more that simulated users ask, 5% of whom want to ruin the model. */
const folder = process.env.HAQEI_BENCH_DATA ?? fileURLToPath(new URL("../../shared/data", import.meta.url));
const file = (split: string) => `${folder}/clinc150/${split}.tsv`;
const HOSTILE = 0.05;
const DAYS = 5;
const DAY = 86_400_000;

function examplesOf(): { examples: Example[]; test: Example[]; classes: string[] } {
  const seen = new Map<string, number>();
  const all = readTsv(readFileSync(file("train"), "utf8")).flatMap(({ label, text }, at): Example[] => {
    const nth = seen.get(label) ?? 0;
    seen.set(label, nth + 1);
    return nth >= 40 ? [] : [example(label, text, nth < 20 ? "train" : "live", at)];
  });
  const test = readTsv(readFileSync(file("test"), "utf8")).map(({ label, text }, at) =>
    example(label, text, "test", at),
  );
  return { examples: all, test, classes: classesOf(all) };
}

const example = (label: string, text: string, split: Example["split"], at: number): Example => ({
  id: `${split}-${at}`,
  label,
  text,
  lang: "en",
  split,
  weight: 1,
  source: "authored",
  family: `${split}-${at}`,
  acceptable: [],
});

test.skipIf(!existsSync(file("train")))(
  "5% of users who correct everything falsely cost less than one point (needs ../shared/data/clinc150)",
  async () => {
    const { examples, test: held, classes } = examplesOf();
    const options = TrainingConfig.parse({ epochs: 10, maxFeatures: 60_000 });
    const authored = examples.filter(({ split }) => split === "train");
    const fitted = async (learnt: readonly Example[]) =>
      (await train({ examples: [...authored, ...learnt], classes, options, seed: 1 })).model;
    const base = await fitted([]);
    const classifier = createClassifier(decodeModel(base));

    const learnt = (hostile: number, feedback: FeedbackConfig) => {
      const log = createVirtualLog();
      for (let day = 0; day < DAYS; day++)
        log.write(
          trafficOf(
            {
              seed: 3,
              date: `day-${day}`,
              from: day * DAY,
              to: (day + 1) * DAY,
              queries: examples.filter(({ split }) => split === "live"),
              classes,
              n: 3000,
              users: 400,
              exploration: 0.1,
              hostile,
            },
            {
              digest: "0".repeat(64),
              answer: (text) => classifier.classify(text, { top: 3 }).predictions.map(({ id }) => id),
            },
          ),
        );
      return learnExamples(log.between(0, (DAYS + 1) * DAY), [...examples, ...held], classes, {
        weights: LearningWeights.parse({}),
        feedback,
      });
    };
    const believed = FeedbackConfig.parse({});
    const credulous = FeedbackConfig.parse({ maximumShare: 1, trust: { strength: 1e12 } });
    const top1 = async (found: { examples: Example[] }) => evaluate(await fitted(found.examples), held).top1.value;

    const clean = learnt(0, believed);
    const poisoned = learnt(HOSTILE, believed);
    const figures = {
      authored: evaluate(base, held).top1.value,
      clean: await top1(clean),
      poisoned: await top1(poisoned),
      credulousClean: await top1(learnt(0, credulous)),
      credulousPoisoned: await top1(learnt(HOSTILE, credulous)),
      distrusted: poisoned.distrusted,
    };
    console.log(figures);
    expect(figures.clean).toBeGreaterThan(figures.authored);
    expect(figures.clean - figures.poisoned).toBeLessThan(0.01);
    // It is trust and caps that do it: without them the same users cost more than that.
    expect(figures.credulousClean - figures.credulousPoisoned).toBeGreaterThan(0.01);
    // As many as there are hostile users are found out.
    expect(poisoned.distrusted).toBeGreaterThanOrEqual(HOSTILE * 400);
  },
);
