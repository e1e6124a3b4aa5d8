import { type Language, MAX_TEXT, type Served } from "#contracts/event.ts";
import { type ClassifyAnswer, ClassifyRequest, type SafetyKind } from "#contracts/http.ts";
import { normalise } from "#model/normalise.ts";
import { isMachine } from "#policy/bots.ts";
import { explore } from "#policy/exploration.ts";
import { answerKey } from "../answer-key.ts";
import { budgetOf } from "../budget.ts";
import { signEvent } from "../event-token.ts";
import { exposedTo, outcomeOf } from "../exposure.ts";
import { helpFor, UNSURE } from "../help.ts";
import { HttpError } from "../http-error.ts";
import type { Isolate } from "../isolate.ts";
import { saltedHash } from "../keys.ts";
import { answerBy } from "../ladder.ts";
import { plainRequest } from "../plain-request.ts";
import { refuseTooMany } from "../rate-limit.ts";
import { parse, readJson } from "../read-json.ts";
import type { Scored } from "../scored.ts";
import { answering, beginLoading, type Serving, type WaitUntil } from "../serving.ts";
import { writePredictions } from "../written.ts";

/** 2,000 code units written as \uXXXX, and room for the rest. */
const BODY_LIMIT = 16_384;

/** A long text is a matter of size, not of schema. @throws HttpError 413 */
function refuseLongText(body: unknown): void {
  if (typeof body !== "object" || body === null || !("text" in body) || typeof body.text !== "string") return;
  if (body.text.length > MAX_TEXT) {
    throw new HttpError(413, "TextTooLong", `a question holds at most ${MAX_TEXT} characters`, { field: "text" });
  }
}

/** Counts, behind the answer, what became of a request that a comparison of two models rests on. */
function expose(
  { env, isolate, waitUntil }: Query,
  person: string | undefined,
  answer: { sha256: string; path: string } | undefined,
): void {
  const exposed = exposedTo(isolate, person);
  if (exposed === undefined) return;
  isolate.exposure.note(env, waitUntil, exposed, outcomeOf(isolate, exposed, answer));
}

const ANSWERED = { route: "/api/classify", status: "200" } as const;

/** A query as it reaches the edge, outside any router: at this rate a router's own cost counts. */
export interface Query {
  request: Request;
  env: Env;
  isolate: Isolate;
  waitUntil: WaitUntil;
}

/** The answer to a query as JSON, and the model that gave it. @throws HttpError where there is none */
export async function classify(query: Query): Promise<{ json: string; model: string }> {
  const { request, env, isolate, waitUntil } = query;
  await refuseTooMany(env, request);
  if (isolate.pointer.held() === undefined) waitUntil(beginLoading(isolate, env, waitUntil));
  const body = await readJson(request, BODY_LIMIT);
  refuseLongText(body);
  const { text, top, consent, lang: wanted, userId, sessionId } = plainRequest(body) ?? parse(ClassifyRequest, body);

  const asked = isolate.asked.read(env.EVENT_SECRET, text);
  const lang = wanted === "auto" ? asked.detected : wanted;
  if ("danger" in asked) {
    isolate.tally.add({ ...ANSWERED, path: "safety" }, { requests: 1, answers: 1 });
    const model = isolate.lastServed?.sha256 ?? "none";
    return { json: JSON.stringify(helpAnswer(model, asked.danger, lang)), model };
  }

  // Crawlers and health checks get the current model and are counted apart: they belong to no comparison.
  const machine = isMachine(request.headers.get("user-agent") ?? undefined);
  const person = machine ? undefined : (userId ?? sessionId);
  const { textHash, normalised } = asked;
  let found: { by: Serving; scored: Scored; cache: ClassifyAnswer["cache"] };
  try {
    const by = await answering(isolate, env, waitUntil, person);
    found = { by, ...(await answerOf(query, by, { text, normalised, textHash, lang, top })) };
  } catch (error) {
    expose(query, person, undefined);
    throw error;
  }
  const { by, scored, cache } = found;
  const bucket = machine && by.bucket === "current" ? "machine" : by.bucket;
  const path = pathOf(by, scored, cache);
  // Simple mode compares nothing.
  if (bucket !== "simple") expose(query, person, { sha256: by.sha256, path });
  const operations = cache === "none" ? scored.operations : 0;
  const unsure = scored.path === "prior" || scored.confidence < Number(env.ABSTAIN_BELOW);
  isolate.tally.add(
    { ...ANSWERED, bucket, model: by.sha256, lang, path, ...(by.release !== undefined && { cache }) },
    {
      requests: 1,
      answers: 1,
      fallbacks: path === "prior" || path === "keywords" ? 1 : 0,
      abstained: unsure ? 1 : 0,
      operations,
      cache_lookups: by.release === undefined ? 0 : 1,
      cache_hits: cache === "none" ? 0 : 1,
    },
  );
  const user = person === undefined ? undefined : saltedHash(env.EVENT_SECRET, "user", person);
  if (user !== undefined) isolate.tally.addUser(user);

  // An answer that is unsure is no ground to show a worse one first.
  const { order, propensity } = explore(
    scored.predictions,
    machine || unsure ? 0 : Number(env.EXPLORATION),
    Math.random(),
  );
  const shown = order === scored.predictions ? scored : { ...scored, predictions: [...order] };
  const served: Served = {
    model: by.sha256,
    bucket,
    shown: order.map(({ id }) => id),
    propensity,
    textHash,
    lang,
    at: Date.now(),
    ...(consent ? { text } : {}),
  };
  const pointer = isolate.pointer.held();
  const shadowed = pointer !== undefined && bucket === "current" && isolate.shadow.takes(pointer, person ?? textHash);
  if (shadowed) {
    const inference = budgetOf(env).inference;
    waitUntil(isolate.shadow.run(env, pointer, { served, scored, text: normalised ?? text, user }, inference));
  }
  const answer: Omit<ClassifyAnswer, "predictions"> = {
    eventId: signEvent(env.EVENT_SECRET, served),
    model: by.sha256,
    version: by.version,
    bucket,
    path,
    cache,
    operations,
    lang,
    confidence: scored.confidence,
    ...(shadowed ? { shadow: true } : {}),
    ...(unsure ? { abstain: true, message: UNSURE[lang] } : {}),
  };
  const predictions = writePredictions(shown, by.readings, lang);
  return { json: `${JSON.stringify(answer).slice(0, -1)},"predictions":${predictions}}`, model: by.sha256 };
}

/** Help and no reading, whether or not a model could answer. Nothing of the text stays: it is not scored, kept, hashed or signed, so that no feedback can bring it back. */
const helpAnswer = (model: string, kind: SafetyKind, lang: Language): ClassifyAnswer => ({
  eventId: "",
  model,
  version: "none",
  bucket: "none",
  path: "prior",
  cache: "none",
  operations: 0,
  lang,
  predictions: [],
  confidence: 0,
  safety: { kind, help: helpFor(kind, lang) },
});

interface Question {
  text: string;
  normalised: string | undefined;
  textHash: string;
  lang: Language;
  top: number;
}

/** What the model says, from a cache where it was said before. */
async function answerOf(
  { env, isolate, waitUntil }: Query,
  by: Serving,
  { text, normalised, textHash, lang, top }: Question,
): Promise<{ scored: Scored; cache: ClassifyAnswer["cache"] }> {
  const budget = budgetOf(env);
  const score = () => answerBy(by, normalised ?? normalise(text), top, budget);
  if (by.release === undefined) return { scored: score(), cache: "none" };

  const { answers } = isolate;
  const place = {
    key: answerKey(by.release, lang, top, textHash),
    release: by.release,
    edge: budget.edgeLookup && text.length >= Number(env.EDGE_CACHE_MIN_CHARACTERS),
    warmed: by.sha256 === isolate.pointer.held()?.current.sha256,
  };
  const found = await answers.find(env, waitUntil, place);
  if (found !== undefined) return { scored: found.scored, cache: found.level };
  const scored = score();
  // What fell below the model's rungs may go better next time: a dictionary still loads.
  if (scored.path === "full" || scored.path === "reduced") answers.keep(waitUntil, place, scored);
  return { scored, cache: "none" };
}

/** What answers in a released model's place, as the bundled one does, counts as the prior however it scored; words count as such. */
function pathOf(by: Serving, scored: Scored, cache: ClassifyAnswer["cache"]): ClassifyAnswer["path"] {
  if (by.release === undefined) return scored.path === "keywords" ? "keywords" : "prior";
  return cache === "none" ? scored.path : "cache";
}
