import { z } from "zod";
import { Config } from "#contracts/config.ts";
import { AuthoredKeyword } from "#contracts/dictionary.ts";
import { DataGateError } from "#contracts/errors.ts";
import type { Example } from "#contracts/example.ts";
import { EventWindow } from "#contracts/window.ts";
import { fromArrow, toArrow } from "#datasets/arrow.ts";

import { dataFaults, totalVariation } from "#policy/data-gate.ts";
import { mixOf } from "#policy/learning/mix.ts";
import { buildDictionary } from "#training/dictionary.ts";
import { askedQueries, usageOf } from "#training/usage.ts";
import type { Dependencies } from "./dependencies.ts";
import { type Dropped, learnExamples, readEvents } from "./feedback.ts";
import { jsonOf, type StageContext, type StageWork } from "./stage.ts";
import { linesOfWindow } from "./window.ts";

const Settings = z.object({ preprocess: Config.shape.preprocess, dictionary: Config.shape.dictionary });

/**
 * `02:preprocess`: the window's events, validated and counted, joined to their queries and labelled, beside the authored examples, as
 * one frozen data set, and the keyword dictionary of the same words. Too few examples, or feedback whose labels have shifted too far, are refused before anything is learnt.
 */
export const preprocess =
  ({ artefacts }: Pick<Dependencies, "artefacts">) =>
  async ({ call, input }: StageContext): Promise<StageWork> => {
    const { preprocess: settings, dictionary: limits } = Settings.parse(call.settings);
    const { examples: authored, classes } = fromArrow(await input("authored"));
    const keywords = z.array(AuthoredKeyword).parse(jsonOf(await input("keywords")));
    const lines = await linesOfWindow(artefacts, await input("window"));
    const { events, dropped } = readEvents(lines, classes.length, settings.maximumEventBytes);
    const learnt = learnExamples(events, authored, classes, settings);
    const window = EventWindow.parse(jsonOf(await input("window")));
    const mix = mixOf(
      events.map(({ type }) => type),
      settings.feedback.expected,
      window.days.length,
    );
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
    const examples = [...kept, ...learnt.examples];
    const { words, bytes } = buildDictionary(
      { examples, classes, keywords, usage: usageOf(askedQueries(events)) },
      limits,
    );
    return {
      kind: "dataset",
      bytes: toArrow({ examples, classes }),
      beside: { dictionary: { kind: "dictionary", bytes, metrics: { words: words.length } } },
      metrics: {
        events: events.length,
        ...figures,
        feedback_users: learnt.users,
        feedback_distrusted: learnt.distrusted,
        feedback_capped: learnt.capped,
        feedback_volume: mix.volume,
        feedback_mix_deviation: mix.total,
        ...Object.fromEntries(Object.entries(mix.deviation).map(([kind, share]) => [`deviation_${kind}`, share])),
        position_ess: learnt.position.ess,
        position_debiased: learnt.position.estimated,
        dev: kept.filter(({ split }) => split === "dev").length,
        test: kept.filter(({ split }) => split === "test").length,
        classes: classes.length,
        dictionary_words: words.length,
        dictionary_bytes: bytes.byteLength,
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
