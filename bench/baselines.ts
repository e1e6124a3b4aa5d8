import { fileURLToPath } from "node:url";
import { Language } from "#contracts/event.ts";
import type { QueryRecord } from "#contracts/query.ts";
import { wilson } from "#contracts/wilson.ts";
import { readAuthored } from "#datasets/authored.ts";
import { readHexagrams } from "#datasets/hexagrams.ts";
import { createKeywordMatch } from "#datasets/keyword-match.ts";
import { queriesOf } from "#datasets/queries.ts";
import { characterRuns, jaccard } from "#datasets/words.ts";
import { loadConfig } from "#local/config.ts";
import { decodeModel } from "#model/codec.ts";
import { createClassifier } from "#model/score.ts";
import { train } from "#training/train.ts";
import { type Figure, printFigures } from "./figures.ts";

/**
 * How well three honest baselines do on the frozen test queries, in one run, by language: always the most frequent line, the
 * specification's keyword match, and the linear n-gram model as the pipeline trains it. And a leak audit: the same model once
 * more, without the training text that is nearest to each test query; a model that leans on leaks falls.
 */
const folder = fileURLToPath(new URL("../datasets", import.meta.url));
const { config } = await loadConfig(fileURLToPath(new URL("../haqei.config.ts", import.meta.url)));
const hexagrams = await readHexagrams(`${folder}/lines`);
const { examples, classes } = await readAuthored(folder);
const test = queriesOf(hexagrams).filter(({ split }) => split === "test");
const trained = examples.filter(({ split }) => split === "train");
const dev = examples.filter(({ split }) => split === "dev");

type Ranker = (query: QueryRecord) => number[];

async function linear(from: typeof trained): Promise<Ranker> {
  const { maxBytes, ...options } = config.training;
  const { model } = await train({
    examples: from,
    dev,
    classes,
    options: { ...options, maxBytes },
    seed: config.seed,
    ...(maxBytes > 0 ? { maxBytes } : {}),
  });
  const classifier = createClassifier(decodeModel(model));
  return ({ text }) => classifier.classify(text, { top: 3 }).predictions.map(({ label }) => Number(label));
}

/** Ids of the training examples that are nearest to some test query, by shared character trigrams. */
function nearestToTest(): Set<string> {
  const grams = trained.map((one) => ({ one, own: characterRuns(one.text, one.lang === "und" ? "ja" : one.lang, 3) }));
  return new Set(
    test.map((query) => {
      const wanted = characterRuns(query.text, query.lang, 3);
      let best = { likeness: -1, id: "" };
      for (const { one, own } of grams) {
        if (one.lang !== query.lang) continue;
        const likeness = jaccard(wanted, own);
        if (likeness > best.likeness) best = { likeness, id: one.id };
      }
      return best.id;
    }),
  );
}

const hexagramOf = (id: number): number => Math.floor((id - 1) / 6);
const MEASURES: Record<string, (query: QueryRecord, ranked: number[]) => boolean> = {
  top1: ({ lineId }, [first]) => first === lineId,
  top3: ({ lineId }, ranked) => ranked.slice(0, 3).includes(lineId),
  graded_top3: ({ lineId, acceptable }, ranked) =>
    ranked.slice(0, 3).some((id) => id === lineId || acceptable.some((one) => one.id === id)),
  hexagram: ({ lineId }, [first = 0]) => hexagramOf(first) === hexagramOf(lineId),
  position: ({ lineId }, [first = 0]) => (first - 1) % 6 === (lineId - 1) % 6,
};

const keyword = createKeywordMatch(hexagrams);
const nearest = nearestToTest();
const rankers: [string, Ranker][] = [
  ["majority", () => [1, 2, 3]],
  ["keyword match", ({ text, lang }) => keyword(text, lang)],
  ["linear n-gram", await linear(trained)],
  ["linear, nearest removed", await linear(trained.filter(({ id }) => !nearest.has(id)))],
];

const figures: Figure[] = [];
for (const lang of Language.options) {
  const queries = test.filter((query) => query.lang === lang);
  if (queries.length === 0) continue;
  for (const [name, ranker] of rankers) {
    const ranked = queries.map((query) => ({ query, ranked: ranker(query) }));
    for (const [measure, holds] of Object.entries(MEASURES)) {
      const { value, lo, hi } = wilson(ranked.filter((one) => holds(one.query, one.ranked)).length, queries.length);
      figures.push({
        name: `${lang} ${name} ${measure}`,
        value,
        unit: `[${lo.toFixed(3)}, ${hi.toFixed(3)}]`,
        n: queries.length,
      });
    }
  }
}
printFigures("baselines", figures, process.argv.includes("--json"));
console.error(`${nearest.size} of ${trained.length} training texts were removed for the audit.`);
