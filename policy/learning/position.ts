import type { FeedbackConfig } from "#contracts/config.ts";
import type { LoggedEvent } from "#contracts/event.ts";
import { effectiveSizeOf } from "../statistics/effective-size.ts";

/** Ranks among which exploration changes places (`policy/exploration.ts`). */
const RANKS = 3;

/** How far rank counts in what is opened. */
export interface PositionBias {
  /** Chance that an answer at a rank is looked at, against the first; all 1 where it cannot be told. */
  examined: readonly number[];
  /** Effective number of answers behind it, by their logged chances. */
  ess: number;
  estimated: boolean;
}

/**
 * Estimates from explored answers how much less lower ranks are looked at (swap interventions, Joachims et al. 2017). An answer that
 * would stand first is as good at any rank, so what it loses there is the rank's doing. Of an explored answer one knows that one
 * of `RANKS - 1` places was changed, not which: with clicks a_k at rank k where nothing was changed and b_k where something was, both a
 * share of the answers with any feedback, examined_k = (m b_k - (m - 1) a_k) / a_1 with m = RANKS - 1. Refused, and nothing debiased,
 * where the weights 1/propensity, clipped, are worth fewer than `minimumEss` answers.
 *
 * @param answers the events of one answer each
 */
export function positionBias(
  answers: readonly (readonly LoggedEvent[])[],
  settings: FeedbackConfig["position"],
): PositionBias {
  const seen = new ExploredAnswers(settings);
  for (const events of answers) seen.add(events);
  return seen.bias();
}

/** What `positionBias` needs to know of answers, which may then be forgotten. */
export class ExploredAnswers {
  readonly #settings: FeedbackConfig["position"];
  readonly #plain = new ClickShares();
  readonly #changed = new ClickShares();
  readonly #weights = { sum: 0, squares: 0 };

  constructor(settings: FeedbackConfig["position"]) {
    this.#settings = settings;
  }

  /** @param events of one answer */
  add(events: readonly LoggedEvent[]): void {
    const served = events[0]?.served;
    if (served === undefined || served.propensity >= 1 || served.propensity <= 0 || served.shown.length < RANKS) return;
    const weight = Math.min(1 / served.propensity, this.#settings.clip);
    this.#weights.sum += weight;
    this.#weights.squares += weight * weight;
    (served.propensity > 1 / RANKS ? this.#plain : this.#changed).add(events);
  }

  bias(): PositionBias {
    const ess = effectiveSizeOf(this.#weights);
    return biasOf(this.#plain, this.#changed, ess, this.#settings);
  }
}

function biasOf(
  plain: ClickShares,
  changed: ClickShares,
  ess: number,
  { clip, minimumEss }: FeedbackConfig["position"],
): PositionBias {
  const first = plain.share(0);
  if (ess < minimumEss || changed.answers === 0 || first === 0)
    return { examined: Array.from({ length: RANKS }, () => 1), ess, estimated: false };
  const others = RANKS - 1;
  const examined = Array.from({ length: RANKS }, (_, rank) =>
    rank === 0
      ? 1
      : Math.min(1, Math.max(1 / clip, (others * changed.share(rank) - (others - 1) * plain.share(rank)) / first)),
  );
  return { examined, ess, estimated: true };
}

/** What an implicit signal on the answer at a rank (0 is the first) counts for: 1 over the chance that it was looked at. */
export const debiasedBy = ({ examined }: PositionBias, rank: number): number =>
  1 / (examined[Math.min(Math.max(rank, 0), RANKS - 1)] as number);

class ClickShares {
  answers = 0;
  readonly #clicks = [0, 0, 0];

  add(events: readonly LoggedEvent[]): void {
    this.answers += 1;
    const click = events.find(({ type }) => type === "click");
    const rank = click?.shownId === undefined ? -1 : click.served.shown.indexOf(click.shownId);
    if (rank >= 0 && rank < RANKS) this.#clicks[rank] = (this.#clicks[rank] as number) + 1;
  }

  share(rank: number): number {
    return this.answers === 0 ? 0 : (this.#clicks[rank] as number) / this.answers;
  }
}
