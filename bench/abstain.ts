import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { TrainingConfig } from "#contracts/config.ts";
import { decodeModel } from "#model/codec.ts";
import { createClassifier } from "#model/score.ts";
import { readTsv } from "#training/examples.ts";
import { trainInThread } from "#training/run.ts";
import { type Figure, printFigures } from "./figures.ts";

/**
 * How well calibrated confidence tells questions that no class fits from those that one does: area under the ROC curve on
 * CLINC150's test split against its out-of-scope test set, and what the threshold that keeps 95% of the former lets through.
 */

const SEED = 384;
const KEPT = 0.95;

const { values: args } = parseArgs({ options: { json: { type: "boolean", default: false } } });
const folder = process.env.HAQEI_BENCH_DATA ?? join(import.meta.dirname, "../../shared/data");
const file = (split: string): string => join(folder, "clinc150", `${split}.tsv`);
const absent = ["train", "val", "test", "oos_test"].map(file).filter((path) => !existsSync(path));
if (absent.length > 0) {
  console.error(
    `${absent.join(", ")} not found. Set HAQEI_BENCH_DATA to the folder that holds clinc150/{train,val,test,oos_test}.tsv.`,
  );
  process.exit(3);
}
const [examples = [], dev = [], test = [], outside = []] = ["train", "val", "test", "oos_test"].map((split) =>
  readTsv(readFileSync(file(split), "utf8"), file(split)),
);

/** Chance that a member of `inside` has a higher score than one of `outside`, equal scores counting half. */
function auroc(inside: readonly number[], outside: readonly number[]): number {
  const all = [...inside.map((score) => ({ score, of: 1 })), ...outside.map((score) => ({ score, of: 0 }))];
  all.sort((a, b) => a.score - b.score);
  let ranks = 0;
  for (let at = 0; at < all.length; ) {
    let end = at;
    while (end < all.length && all[end]?.score === all[at]?.score) end += 1;
    // Ranks begin at 1; equal scores share the mean of theirs.
    for (let tied = at; tied < end; tied += 1) ranks += all[tied]?.of === 1 ? (at + 1 + end) / 2 : 0;
    at = end;
  }
  return (ranks - (inside.length * (inside.length + 1)) / 2) / (inside.length * outside.length);
}

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
    value: auroc(inside, beyond),
    unit: "in scope against out of scope",
    n: inside.length + beyond.length,
  },
  { name: "threshold", value: threshold, unit: `keeps ${KEPT} of the dev split`, n: dev.length },
  { name: "abstained, in scope", value: below(inside), unit: "share", n: inside.length },
  { name: "abstained, out of scope", value: below(beyond), unit: "share", n: beyond.length },
];
printFigures("abstain", figures, args.json);
