import { z } from "zod";
import { Config } from "#contracts/config.ts";
import { DataGateError } from "#contracts/errors.ts";
import type { Example } from "#contracts/example.ts";
import { fromArrow, toArrow } from "#datasets/arrow.ts";
import { dataFaults, totalVariation } from "#policy/data-gate.ts";
import { type Dropped, learnExamples, readEvents } from "./feedback.ts";
import type { StageContext, StageWork } from "./stage.ts";

const Settings = z.object({ preprocess: Config.shape.preprocess });

/**
 * `02:preprocess`: the day's events, validated and counted, joined to their queries and labelled, beside the authored examples, as one
 * frozen data set. Too few examples, or feedback whose labels have shifted too far, are refused before anything is learnt.
 */
export const preprocess =
  () =>
  async ({ call, input }: StageContext): Promise<StageWork> => {
    const settings = Settings.parse(call.settings).preprocess;
    const { examples: authored, classes } = fromArrow(await input("authored"));
    const lines = new TextDecoder().decode(await input("events")).split("\n");
    const { events, dropped } = readEvents(lines, classes.length, settings.maximumEventBytes);
    const learnt = learnExamples(events, authored, classes, settings.weights);
    const kept = authored.filter(({ split }) => split !== "live");
    const train = kept.filter(({ split }) => split === "train");
    const figures = {
      train: train.length + learnt.examples.length,
      learnt: learnt.examples.length,
      labelShift: totalVariation(labelsOf(learnt.examples), labelsOf(train)),
    };
    const faults = dataFaults(figures, settings);
    if (faults.length > 0) {
      throw new DataGateError(
        `the day's data may not be learnt from: ${faults.join("; ")}`,
        "Look at what was dropped and why, or change the limit in the config.",
      );
    }
    const left = merge(dropped, learnt.dropped);
    return {
      kind: "dataset",
      bytes: toArrow({ examples: [...kept, ...learnt.examples], classes }),
      metrics: {
        events: events.length,
        ...figures,
        dev: kept.filter(({ split }) => split === "dev").length,
        test: kept.filter(({ split }) => split === "test").length,
        classes: classes.length,
        ...Object.fromEntries(Object.entries(left).map(([reason, n]) => [`dropped_${reason}`, n])),
      },
      summary: `${figures.train.toLocaleString("en-US")} examples, ${figures.learnt.toLocaleString("en-US")} learnt; dropped: ${
        Object.entries(left)
          .map(([reason, n]) => `${n} ${reason}`)
          .join(", ") || "nothing"
      }`,
    };
  };

function labelsOf(examples: readonly Example[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { label } of examples) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

function merge(a: Dropped, b: Dropped): Dropped {
  const all = { ...a };
  for (const [reason, n] of Object.entries(b)) all[reason] = (all[reason] ?? 0) + n;
  return all;
}
