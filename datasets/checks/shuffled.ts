import { TrainingConfig } from "#contracts/config.ts";
import { evaluate } from "#training/evaluate.ts";
import { createRandom, shuffled } from "#training/random.ts";
import { train } from "#training/train.ts";
import { type Authored, type Check, rule } from "./check.ts";

const SEED = 384;
/** Small: it need only be able to learn, were there something to learn. */
const OPTIONS = TrainingConfig.parse({ max_dimension: 24, epochs: 6, maxFeatures: 15_000 });

/** A classifier that is trained on shuffled labels knows nothing: more than chance would mean that labels leak by another way. */
export async function shuffledControl({ queries }: Authored): Promise<Check> {
  const trained = queries.filter(({ split }) => split === "train");
  const order = shuffled(trained.length, createRandom(SEED));
  const examples = trained.map(({ text, lang }, index) => ({
    text,
    lang,
    label: String(trained[order[index] as number]?.lineId),
  }));
  const classes = [...new Set(trained.map(({ lineId }) => lineId))].sort((a, b) => a - b).map(String);
  const { model } = await train({ examples, classes, options: OPTIONS, seed: SEED });
  const tested = queries
    .filter(({ split }) => split === "test")
    .map(({ text, lang, lineId }) => ({ text, lang, label: String(lineId) }));
  const { n, top1 } = evaluate(model, tested);
  const chance = 1 / classes.length;
  const figures = `top-1 ${top1.value.toFixed(4)} (${top1.lo.toFixed(4)}-${top1.hi.toFixed(4)}), chance ${chance.toFixed(4)}`;
  return { ...rule("shuffled labels teach nothing", n, top1.lo > chance ? [figures] : []), detail: [figures] };
}
