import { TrainingConfig } from "#contracts/config.ts";
import type { QueryRecord } from "#contracts/query.ts";
import { decodeModel } from "#model/codec.ts";
import { createClassifier } from "#model/score.ts";
import { train } from "#training/train.ts";

/** A query whose label a model that never saw its family does not believe. */
export interface Doubt {
  id: string;
  text: string;
  lineId: number;
  /** What the model says instead, and how much more it believes that. */
  predicted: number;
  margin: number;
}

const FOLDS = 5;
const SEED = 384;
/** Quick: it need only rank doubts. */
const OPTIONS = TrainingConfig.parse({
  max_dimension: 48,
  epochs: 12,
  dropout: 0.5,
  learningRate: 0.1,
  maxFeatures: 30_000,
});

/**
 * Train and dev queries that out-of-fold models contradict most: families are dealt into five folds, each judged by a model of the
 * other four. The frozen test is never looked at.
 *
 * @param onFold called with the number of folds done
 */
export async function doubtfulQueries(
  queries: readonly QueryRecord[],
  most: number,
  onFold: (done: number, of: number) => void,
): Promise<Doubt[]> {
  const judged = queries.filter(({ split }) => split === "train" || split === "dev");
  const families = [...new Set(judged.map(({ family }) => family))].sort();
  const foldOf = new Map(families.map((family, index) => [family, index % FOLDS]));
  const classes = [...new Set(judged.map(({ lineId }) => lineId))].sort((a, b) => a - b).map(String);
  const doubts: Doubt[] = [];
  for (let fold = 0; fold < FOLDS; fold++) {
    const examples = judged
      .filter(({ family }) => foldOf.get(family) !== fold)
      .map(({ text, lang, lineId }) => ({ text, lang, label: String(lineId) }));
    const { model } = await train({ examples, classes, options: OPTIONS, seed: SEED });
    const classifier = createClassifier(decodeModel(model));
    for (const { id, text, lineId, family } of judged) {
      if (foldOf.get(family) !== fold) continue;
      const { predictions } = classifier.classify(text, { top: classes.length });
      const [first] = predictions;
      const own = predictions.find(({ label }) => label === String(lineId))?.score ?? 0;
      if (first && first.label !== String(lineId))
        doubts.push({ id, text, lineId, predicted: Number(first.label), margin: first.score - own });
    }
    onFold(fold + 1, FOLDS);
  }
  return doubts.sort((a, b) => b.margin - a.margin || (a.id < b.id ? -1 : 1)).slice(0, most);
}
