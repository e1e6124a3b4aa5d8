import type { WarmRequest } from "#contracts/http.ts";
import { detectLanguage } from "#model/language.ts";
import { normalise } from "#model/normalise.ts";
import { safetyOf } from "#policy/safety.ts";
import { answerKey } from "./answer-key.ts";
import { budgetOf } from "./budget.ts";
import { saltedHash } from "./keys.ts";
import { type Scored, scoreText } from "./scored.ts";
import type { Serving } from "./serving.ts";
import { writeWarmed } from "./warmed.ts";

/** Predictions that are asked for where a request does not say. */
const TOP = 3;

/** Answers queries before anybody asks and writes one part of the release's set. Answers how many it holds. */
export async function warm(
  env: Env,
  { model }: Serving,
  release: string,
  { queries, part, parts }: WarmRequest,
): Promise<number> {
  const answers: Record<string, Scored> = {};
  for (const text of queries) {
    const normalised = normalise(text);
    if (safetyOf(normalised) !== undefined) continue;
    const scored = scoreText(model, normalised, TOP, budgetOf(env).inference);
    if (scored.path === "prior") continue;
    const textHash = saltedHash(env.EVENT_SECRET, "text", normalised);
    answers[answerKey(release, detectLanguage(text), TOP, textHash)] = scored;
  }
  await writeWarmed(env, release, part, { parts, answers });
  return Object.keys(answers).length;
}
