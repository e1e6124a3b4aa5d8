import { setTimeout as pause } from "node:timers/promises";
import { HaqeiError } from "#contracts/errors.ts";
import { CHECK_PERSON } from "#contracts/http.ts";
import type { Pointer } from "#contracts/pointer.ts";
import { decodeModel } from "#model/codec.ts";
import { createClassifier } from "#model/score.ts";
import { assign } from "#policy/buckets.ts";
import type { Dependencies } from "./dependencies.ts";
import { named } from "./failure.ts";
import { GOLDEN_QUERIES } from "./golden-queries.ts";
import { beating } from "./heartbeat.ts";

export interface HealthCall {
  sha256: string;
  epoch: number;
  /** How many golden queries. */
  queries: number;
  /** Longest time that the edge may take to answer rightly. */
  seconds: number;
}

export interface Healthy {
  ok: boolean;
  /** What was wrong to the end, in words. */
  failed?: string;
  seconds: number;
  /** Golden queries that were answered as offline, of those that the model knows anything of. */
  equal: number;
  /** The most that one answer cost; an answer from a cache cost nothing. */
  operations: number;
}

const RETRY_MS = 250;
/** Scores travel as JSON numbers, which keeps them to the last bit; this forgives nothing but printing. */
const EPSILON = 1e-9;
/** How the edge answers what a model knows nothing of, where it has a dictionary: that tells nothing of the model. */
const OF_THE_DICTIONARY: readonly string[] = ["keywords", "cache"];

/**
 * After a switch: the edge gives this model to whom it should, answers the golden queries as the model does offline, and stays within its
 * operation budget (an answer over it would be `reduced`). Asked until it does or the time is over; it never throws for a bad answer.
 */
export const checkHealth =
  ({ edge, released, now }: Pick<Dependencies, "edge" | "released" | "now">) =>
  ({ sha256, epoch, queries, seconds }: HealthCall): Promise<Healthy> =>
    beating(() =>
      named(async () => {
        const began = now();
        const classifier = createClassifier(decodeModel(await released.get({ sha256 })));
        const texts = GOLDEN_QUERIES.slice(0, queries);
        for (;;) {
          const found = await ask();
          const elapsed = (now() - began) / 1000;
          if (found.failed === undefined) return { ...found, ok: true, seconds: elapsed };
          if (elapsed >= seconds) return { ...found, ok: false, seconds: elapsed };
          await pause(RETRY_MS);
        }

        async function ask(): Promise<Omit<Healthy, "ok" | "seconds">> {
          const state = { equal: 0, operations: 0 };
          try {
            const pointer = await edge.pointer();
            if (!pointer || pointer.epoch < epoch) return { ...state, failed: "the pointer is an older one" };
            const person = personGiven(pointer, sha256);
            if (person === undefined) return { ...state, failed: "the pointer gives this model to nobody" };
            for (const text of texts) {
              const answer = await edge.classify(text, person);
              if (answer.model !== sha256)
                return { ...state, failed: `${answer.model.slice(0, 12)} answered in its place` };
              const { predictions, path } = classifier.classify(text, { top: answer.predictions.length });
              if (path === "prior" && OF_THE_DICTIONARY.includes(answer.path)) continue;
              if (answer.path !== path && answer.path !== "cache")
                return { ...state, failed: `an answer came by the path ${answer.path}, not ${path}: over its budget` };
              const same = predictions.every(({ id, score }, at) => {
                const given = answer.predictions[at];
                return given?.id === id && Math.abs(given.score - score) <= EPSILON;
              });
              if (!same) return { ...state, failed: `"${text}" was answered otherwise than offline` };
              state.equal += 1;
              state.operations = Math.max(state.operations, answer.operations);
            }
            return state;
          } catch (error) {
            if (error instanceof HaqeiError) return { ...state, failed: error.message };
            throw error;
          }
        }
      }),
    );

/** Somebody to whom the pointer gives this model. */
function personGiven(pointer: Pointer, sha256: string): string | undefined {
  for (let at = 0; at < 10_000; at += 1) {
    const person = `${CHECK_PERSON}${at}`;
    if (assign(pointer, person).sha256 === sha256) return person;
  }
  return undefined;
}
