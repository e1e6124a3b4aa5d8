import { TrainingConfig } from "#contracts/config.ts";
import { evaluate } from "#training/evaluate.ts";
import { createRandom, shuffled } from "#training/random.ts";
import { train } from "#training/train.ts";
import { type Authored, type Check, rule } from "./check.ts";

const NAME = "shuffled labels teach nothing";
/** Orders tried: chance alone exceeds this interval in one order of twenty, but a leak shows under every order. */
const SEEDS = [384, 385, 386];
/** Small: it need only be able to learn, were there something to learn. */
const OPTIONS = TrainingConfig.parse({ max_dimension: 24, epochs: 6, maxFeatures: 15_000 });

/** A classifier that is trained on shuffled labels knows nothing: more than chance would mean that labels leak by another way. */
export async function shuffledControl({ queries }: Authored): Promise<Check> {
  const trained = queries.filter(({ split }) => split === "train");
  const classes = [...new Set(trained.map(({ lineId }) => lineId))].sort((a, b) => a - b).map(String);
  const tested = queries
    .filter(({ split }) => split === "test")
    .map(({ text, lang, lineId }) => ({ text, lang, label: String(lineId) }));
  const chance = 1 / classes.length;
  const detail: string[] = [];
  for (const seed of SEEDS) {
    const order = shuffled(trained.length, createRandom(seed));
    const examples = trained.map(({ text, lang }, index) => ({
      text,
      lang,
      label: String(trained[order[index] as number]?.lineId),
    }));
    const { model } = await train({ examples, classes, options: OPTIONS, seed });
    const { top1 } = evaluate(model, tested);
    detail.push(
      `top-1 ${top1.value.toFixed(4)} (${top1.lo.toFixed(4)}-${top1.hi.toFixed(4)}), chance ${chance.toFixed(4)}`,
    );
    if (top1.lo <= chance) return { ...rule(NAME, tested.length, []), detail };
  }
  return rule(NAME, tested.length, detail);
}
