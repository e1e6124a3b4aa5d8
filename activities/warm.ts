import { z } from "zod";
import { Config } from "#contracts/config.ts";
import { fromArrow } from "#datasets/arrow.ts";
import { normalise } from "#model/normalise.ts";
import { askedQueries, byFrequency, frequentQueries } from "#training/usage.ts";
import type { Dependencies } from "./dependencies.ts";
import { eventsByText } from "./event-shards.ts";
import { windowOf } from "./window.ts";

export const WarmSettings = z.object({
  warm: Config.shape.warm,
  dictionary: Config.shape.dictionary,
  preprocess: Config.shape.preprocess,
});
export type WarmSettings = z.infer<typeof WarmSettings>;

/**
 * Has the edge answer the queries that are likely to come, once after a release (specification 5.1): those that enough users asked
 * with consent, most frequent first, then authored ones from all over the data set. Doing it twice changes nothing.
 *
 * @param from bytes of the window artefact and of the authored data set
 * @returns how many queries were sent, and how many answers the edge holds
 * @throws NotReachableError where the edge does not answer, or does not serve the release yet
 */
export async function warm(
  needs: Pick<Dependencies, "edge" | "artefacts" | "scratch">,
  from: { window: Uint8Array; authored: Uint8Array },
  { warm: limits, dictionary, preprocess }: WarmSettings,
): Promise<{ queries: number; warmed: number }> {
  const { examples, classes } = fromArrow(from.authored);
  const { maximumEventBytes } = preprocess;
  let frequent: { text: string; count: number }[] = [];
  for await (const events of eventsByText(
    needs,
    windowOf(from.window),
    { classes: classes.length, maximumEventBytes },
    {},
  ))
    frequent = [...frequent, ...frequentQueries(askedQueries(events), dictionary.minimumUsers, limits.frequentQueries)]
      .sort(byFrequency)
      .slice(0, limits.frequentQueries);
  const authored = examples.filter(({ split, source }) => split === "train" && source === "authored");
  const texts = evenly(authored, limits.authoredQueries).map(({ text }) => normalise(text));
  const queries = [...new Set([...frequent.map(({ text }) => text), ...texts])];
  return { queries: queries.length, warmed: queries.length === 0 ? 0 : await needs.edge.warm(queries) };
}

/** `most` items, or all, at even distances. */
const evenly = <T>(items: readonly T[], most: number): T[] =>
  Array.from(
    { length: Math.min(most, items.length) },
    (_, index) => items[Math.floor((index * items.length) / Math.min(most, items.length))] as T,
  );
