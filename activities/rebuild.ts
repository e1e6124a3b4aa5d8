import { z } from "zod";
import { Config } from "#contracts/config.ts";
import { AuthoredKeyword } from "#contracts/dictionary.ts";
import { LogicalDate } from "#contracts/run.ts";
import { fromArrow } from "#datasets/arrow.ts";
import { decodeDictionary, wordsOf } from "#model/dictionary.ts";
import { type Rebuilt, rebuildDictionary } from "#policy/dictionary.ts";
import { addDays, startOfDate } from "#policy/logical-date.ts";
import { buildDictionary } from "#training/dictionary.ts";
import { askedQueries, UsageCounts } from "#training/usage.ts";
import type { Dependencies } from "./dependencies.ts";
import { eventsByText } from "./event-shards.ts";
import { jsonOf, type StageContext, type StageWork } from "./stage.ts";
import { windowOf } from "./window.ts";

const Asked = z.object({ date: LogicalDate });
const Settings = z.object({
  timezone: z.string(),
  preprocess: Config.shape.preprocess,
  dictionary: Config.shape.dictionary,
});

/**
 * `02:dictionary`: the monthly rebuild (specification 3.1): which words of the serving dictionary are kept, which of the log are added, which
 * are removed; the result is judged by its size and its coverage, and where it is refused the one that serves stays.
 */
export const rebuild =
  (needs: Pick<Dependencies, "artefacts" | "scratch">) =>
  async ({ call, input }: StageContext): Promise<StageWork> => {
    const { date } = Asked.parse(call.asked);
    const { timezone, preprocess, dictionary: limits } = Settings.parse(call.settings);
    const { examples, classes } = fromArrow(await input("dataset"));
    const keywords = z.array(AuthoredKeyword).parse(jsonOf(await input("keywords")));
    const before = await input(call.inputs.served ? "served" : "made");
    const window = windowOf(await input("window"));
    const counts = new UsageCounts();
    const { maximumEventBytes } = preprocess;
    for await (const events of eventsByText(needs, window, { classes: classes.length, maximumEventBytes }, {}))
      counts.add(askedQueries(events));
    const usage = counts.usage();
    const until = startOfDate(addDays(date, 1), timezone);
    const first = window.days[0]?.date;
    const since = first === undefined ? until : startOfDate(first, timezone);
    const rebuilt = rebuildDictionary(wordsOf(decodeDictionary(before)), { usage, since, until }, limits, (words) =>
      buildDictionary({ examples, classes, keywords, usage, words }, limits),
    );
    return {
      kind: "dictionary",
      bytes: rebuilt.accepted ? rebuilt.built.bytes : before,
      metrics: figuresOf(rebuilt),
      summary: summaryOf(rebuilt),
    };
  };

const figuresOf = (rebuilt: Rebuilt): StageWork["metrics"] => ({
  accepted: rebuilt.accepted,
  ...(rebuilt.accepted ? {} : { reason: rebuilt.reason }),
  keep_words: rebuilt.keep_words.length,
  add_words: rebuilt.add_words.length,
  remove_words: rebuilt.remove_words.length,
  bytes: rebuilt.bytes,
  coverage_rate: rebuilt.coverage.coverage_rate,
  token_weighted_rate: rebuilt.coverage.token_weighted_rate,
  new_words_detected: rebuilt.coverage.new_words_detected,
});

function summaryOf(rebuilt: Rebuilt): string {
  const { keep_words, add_words, remove_words, coverage } = rebuilt;
  const words = `${keep_words.length} kept, ${add_words.length} added, ${remove_words.length} removed, knows ${coverage.token_weighted_rate.toFixed(3)} of what is asked`;
  return rebuilt.accepted
    ? `rebuilt: ${words}`
    : `the dictionary that serves stays (${rebuilt.reason}); planned: ${words}`;
}
