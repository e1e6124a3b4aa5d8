import { z } from "zod";
import { Config } from "#contracts/config.ts";
import { AuthoredKeyword } from "#contracts/dictionary.ts";
import { DataGateError } from "#contracts/errors.ts";
import type { FeedbackType } from "#contracts/event.ts";
import type { Example } from "#contracts/example.ts";
import { fromArrow, toArrow } from "#datasets/arrow.ts";
import { dataFaults, totalVariation } from "#policy/data-gate.ts";
import { mixOf } from "#policy/learning/mix.ts";
import { buildDictionary } from "#training/dictionary.ts";
import { askedQueries, UsageCounts } from "#training/usage.ts";
import type { Dependencies } from "./dependencies.ts";
import { eventsByText } from "./event-shards.ts";
import { type Dropped, Learner } from "./feedback.ts";
import { jsonBytes, jsonOf, type StageContext, type StageWork } from "./stage.ts";
import { Unjudged } from "./unjudged.ts";
import { windowOf } from "./window.ts";

const Settings = z.object({
  preprocess: Config.shape.preprocess,
  dictionary: Config.shape.dictionary,
  teacher: Config.shape.teacher,
});

/**
 * `02:preprocess`: the window's events, validated and counted, joined to their queries and labelled, beside the authored examples, as
 * one frozen data set, the keyword dictionary of the same words, and the queries that nobody judged, where a teacher may label them. Events are read some texts at a time, so that memory does not grow with
 * them. Too few examples, or feedback whose labels have shifted too far, are refused before anything is learnt.
 */
export const preprocess =
  (needs: Pick<Dependencies, "artefacts" | "scratch">) =>
  async ({ call, input, report }: StageContext): Promise<StageWork> => {
    const { preprocess: settings, dictionary, teacher } = Settings.parse(call.settings);
    const { examples: authored, classes } = fromArrow(await input("authored"));
    const keywords = z.array(AuthoredKeyword).parse(jsonOf(await input("keywords")));
    const window = windowOf(await input("window"));
    const limits = { classes: classes.length, maximumEventBytes: settings.maximumEventBytes };
    const dropped: Dropped = {};
    const learner = new Learner(authored, classes, settings);
    const usage = new UsageCounts();
    const unjudged = new Unjudged(authored, settings.weights);
    const labelled = teacher.url === undefined ? 0 : teacher.unjudged.most;
    const types = new Map<FeedbackType, number>();
    let read = 0;
    for await (const events of eventsByText(needs, window, limits, dropped)) {
      learner.add(events);
      if (labelled > 0) unjudged.add(events);
      usage.add(askedQueries(events));
      for (const { type } of events) types.set(type, (types.get(type) ?? 0) + 1);
      read += events.length;
      report({ read });
    }
    const learnt = learner.learnt();
    const days = new Set(window.days.map(({ date }) => date)).size;
    const mix = mixOf(types, settings.feedback.expected, days);
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
    const { words, bytes } = buildDictionary({ examples, classes, keywords, usage: usage.usage() }, dictionary);
    const queries = unjudged.queries(labelled);
    return {
      kind: "dataset",
      bytes: toArrow({ examples, classes }),
      beside: {
        dictionary: { kind: "dictionary", bytes, metrics: { words: words.length } },
        unjudged: { kind: "queries", bytes: jsonBytes(queries), metrics: { queries: queries.length } },
      },
      metrics: {
        events: read,
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
        unjudged: queries.length,
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
