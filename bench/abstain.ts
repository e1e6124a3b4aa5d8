import { parseArgs } from "node:util";
import { TrainingConfig } from "#contracts/config.ts";
import { decodeModel } from "#model/codec.ts";
import { createClassifier } from "#model/score.ts";
import { trainInThread } from "#training/run.ts";
import { readClinc } from "./clinc-data.ts";
import { type Figure, printFigures } from "./figures.ts";
import { auroc } from "./intervals.ts";

/**
 * How well calibrated confidence tells questions that no class fits from those that one does: area under the ROC curve on
 * CLINC150's test split against its out-of-scope test set, and what the threshold that keeps 95% of the former lets through.
 */

const SEED = 384;
const KEPT = 0.95;

const { values: args } = parseArgs({ options: { json: { type: "boolean", default: false } } });
const { examples, dev, test, outside } = readClinc();

const options = TrainingConfig.parse({ learningRate: 0.1, dropout: 0.5 });
const { model } = await trainInThread(
  { examples, dev, options, seed: SEED },
  { onProgress: ({ phase, epoch, epochs }) => console.error(`${phase} ${epoch}/${epochs}`) },
);
const { classify } = createClassifier(decodeModel(model));
const confidencesOf = (texts: readonly { text: string }[]) =>
  texts.map(({ text }) => {
    const { path, confidence } = classify(text, { top: 1 });
    return path === "prior" ? 0 : confidence;
  });
const inside = confidencesOf(test);
const beyond = confidencesOf(outside);
const threshold = confidencesOf(dev).sort((a, b) => a - b)[Math.floor((1 - KEPT) * dev.length)] ?? 0;
const below = (confidences: readonly number[]) =>
  confidences.filter((confidence) => confidence < threshold).length / confidences.length;

const figures: Figure[] = [
  {
    name: "auroc",
    value: auroc(inside, beyond).value,
    unit: "in scope against out of scope",
    n: inside.length + beyond.length,
  },
  { name: "threshold", value: threshold, unit: `keeps ${KEPT} of the dev split`, n: dev.length },
  { name: "abstained, in scope", value: below(inside), unit: "share", n: inside.length },
  { name: "abstained, out of scope", value: below(beyond), unit: "share", n: beyond.length },
];
printFigures("abstain", figures, args.json);
