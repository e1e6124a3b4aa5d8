import { resolve } from "node:path";
import { byAnswer, debiased, votesOf } from "#activities/feedback.ts";
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
  /** Class names, the likeliest first; where two models disagreed, what each said before all others. */
  candidates: string[];
}

const CANDIDATES = 3;

/**
 * The queries of the last days that users let be kept and no split holds, those whose label is worth most first: what users gave
 * feedback on, and what two models disagreed on in a shadow run.
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
    const { events, pointer, disagreements } = await recentLog({ home, registry, artefacts }, days, now);
    const digest = pointer?.current.sha256 ?? (registry ? (await readReleases(registry)).at(-1)?.sha256 : undefined);
    if (digest === undefined || !(await artefacts.has({ sha256: digest })))
      throw new NotFoundError("no model was released yet", "Run a day first: `npx haqei start --once`.");
    const model = decodeModel(await artefacts.get({ sha256: digest }));
    const { classes } = model;
    const { classify } = createClassifier(model);
    const { examples } = await readAuthored(resolve(directory, config.dataset));
    const authored = new Set(examples.filter(({ split }) => split !== "live").map(({ text }) => normalise(text)));

    const answers = [...byAnswer(events).values()];
    const { weights, feedback } = config.preprocess;
    const { votes, asked } = votesOf(answers, weights, {});
    const position = positionBias(answers, feedback.position);
    const said = Map.groupBy(
      votes.map((vote) => debiased(vote, position)),
      ({ item }) => item,
    );
    const disputed = Map.groupBy(
      disagreements.filter(({ text }) => text !== undefined),
      ({ text }) => normalise(text ?? ""),
    );
    const queries = Map.groupBy(askedQueries(events), ({ text }) => text);
    return [...new Set([...queries.keys(), ...disputed.keys()])]
      .filter((text) => !authored.has(text))
      .map((text): QueryToLabel => {
        const { predictions } = classify(text, { top: CANDIDATES });
        const [first, second] = predictions;
        const [dispute] = disputed.get(text) ?? [];
        const frequency = Math.max(queries.get(text)?.length ?? 0, disputed.get(text)?.length ?? 0);
        const rivals = [dispute?.answers[0], dispute?.shadowAnswers[0]].flatMap(
          (one) => classes[(one?.id ?? 0) - 1] ?? [],
        );
        return {
          text: asked.get(text)?.text ?? dispute?.text ?? text,
          lang: asked.get(text)?.lang ?? dispute?.lang ?? "und",
          frequency,
          candidates: [...new Set([...rivals, ...predictions.map(({ label }) => label)])].slice(0, CANDIDATES),
          ...worthOf({
            frequency,
            first: first?.score ?? 0,
            second: second?.score ?? 0,
            votes: said.get(text) ?? [],
            disputed: dispute !== undefined,
          }),
        };
      })
      .sort((a, b) => b.value - a.value || (a.text < b.text ? -1 : 1))
      .slice(0, most);
  } finally {
    registry?.close();
  }
}
