import type { LearningWeights, ReleaseConfig } from "#contracts/config.ts";
import type { Pairs } from "#contracts/evaluation.ts";
import type { LoggedEvent } from "#contracts/event.ts";
import type { Traffic as Expected } from "#policy/feasibility.ts";
import { labelledBy } from "./evidence.ts";

const HOUR = 3_600_000;

/** Counts what a stretch of the event log says of traffic; events are handed in some texts at a time, and may then be forgotten. */
export class Traffic {
  readonly #weights: LearningWeights;
  readonly #users = new Set<string>();
  readonly #labelling = new Set<string>();
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  constructor(weights: LearningWeights) {
    this.#weights = weights;
  }

  add(events: readonly LoggedEvent[]): void {
    for (const { receivedAt, user } of events) {
      this.#first = Math.min(this.#first, receivedAt);
      this.#last = Math.max(this.#last, receivedAt);
      if (user !== undefined) this.#users.add(user);
    }
    for (const { user } of labelledBy(events, this.#weights)) this.#labelling.add(user);
  }

  /**
   * What a release may count on: users an hour (only those who sent feedback are seen, so there are more) and labelled queries an hour, one a
   * user. Nobody counts errors while no canary is out: half the limit is assumed. A stretch under an hour counts as one.
   */
  expected(pairs: Pairs | undefined, { rollback_threshold }: ReleaseConfig): Expected {
    const hours = this.#last < this.#first ? 1 : Math.max(1, (this.#last - this.#first) / HOUR);
    return {
      usersPerHour: this.#users.size / hours,
      errorRate: rollback_threshold.error_rate / 2,
      labelsPerHour: this.#labelling.size / hours,
      disagreement: pairs && pairs.n > 0 ? (pairs.worse + pairs.better) / pairs.n : rollback_threshold.accuracy_drop,
    };
  }
}
