import { resolve } from "node:path";
import { byAnswer, votesOf } from "#activities/feedback.ts";
import { NotFoundError } from "#contracts/errors.ts";
import { readAuthored } from "#datasets/authored.ts";
import { decodeModel } from "#model/codec.ts";
import { normalise } from "#model/normalise.ts";
import { createClassifier } from "#model/score.ts";
import { type Worth, worthOf } from "#policy/learning/annotation.ts";
import { positionBias } from "#policy/learning/position.ts";
import { readReleases } from "#stores/releases.ts";
import { askedQueries } from "#training/usage.ts";
import { artefactStore, existingRegistry } from "#workers/dependencies.ts";
import type { LoadedConfig } from "./config.ts";
import type { Home } from "./home.ts";
import { recentLog } from "./recent-log.ts";

/** A query of users that nobody has labelled, with what the model would answer. */
export interface QueryToLabel extends Worth {
  text: string;
  lang: string;
  frequency: number;
  /** Class names, the likeliest first. */
  candidates: string[];
}

const CANDIDATES = 3;

/**
 * The queries of the last days that users let be kept and no split holds, those whose label is worth most first.
 * @throws NotFoundError where no model was released yet
 */
export async function openQueries(
  { home, loaded }: { home: Home; loaded: LoadedConfig },
  { days, most, now }: { days: number; most: number; now: number },
): Promise<QueryToLabel[]> {
  const { config, directory } = loaded;
  const registry = existingRegistry(config.registry, home.registryFile);
  try {
    const artefacts = artefactStore(config.store, home.artefacts);
    const { events, pointer } = await recentLog({ home, registry, artefacts }, days, now);
    const digest = pointer?.current.sha256 ?? (registry ? (await readReleases(registry)).at(-1)?.sha256 : undefined);
    if (digest === undefined || !(await artefacts.has({ sha256: digest })))
      throw new NotFoundError("no model was released yet", "Run a day first: `npx haqei start --once`.");
    const { classify } = createClassifier(decodeModel(await artefacts.get({ sha256: digest })));
    const { examples } = await readAuthored(resolve(directory, config.dataset));
    const authored = new Set(examples.filter(({ split }) => split !== "live").map(({ text }) => normalise(text)));

    const answers = [...byAnswer(events).values()];
    const { weights, feedback } = config.preprocess;
    const { votes, served } = votesOf(answers, {
      weights,
      position: positionBias(answers, feedback.position),
      dropped: {},
    });
    const said = Map.groupBy(votes, ({ item }) => item);
    const asked = Map.groupBy(askedQueries(events), ({ text }) => text);
    return [...asked]
      .filter(([text]) => !authored.has(text))
      .map(([text, all]): QueryToLabel => {
        const { predictions } = classify(text, { top: CANDIDATES });
        const [first, second] = predictions;
        return {
          text: served.get(text)?.text ?? text,
          lang: served.get(text)?.lang ?? "und",
          frequency: all.length,
          candidates: predictions.map(({ label }) => label),
          ...worthOf({
            frequency: all.length,
            first: first?.score ?? 0,
            second: second?.score ?? 0,
            votes: said.get(text) ?? [],
          }),
        };
      })
      .sort((a, b) => b.value - a.value || (a.text < b.text ? -1 : 1))
      .slice(0, most);
  } finally {
    registry?.close();
  }
}
