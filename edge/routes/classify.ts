import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { type Language, MAX_TEXT, type Served } from "#contracts/event.ts";
import { type ClassifyAnswer, ClassifyRequest, type SafetyKind } from "#contracts/http.ts";
import { detectLanguage } from "#model/language.ts";
import { normalise } from "#model/normalise.ts";
import { isMachine } from "#policy/bots.ts";
import { safetyOf } from "#policy/safety.ts";
import { answerKey } from "../answer-key.ts";
import { type AppContext, type AppEnv, waitUntilOf } from "../app-env.ts";
import { budgetOf } from "../budget.ts";
import { signEvent } from "../event-token.ts";
import { exposedTo, outcomeOf } from "../exposure.ts";
import { helpFor, UNSURE } from "../help.ts";
import { HttpError } from "../http-error.ts";
import { saltedHash } from "../keys.ts";
import { limited } from "../rate-limit.ts";
import { parse, readJson } from "../read-json.ts";
import { show } from "../readings.ts";
import { type Scored, scoreText } from "../scored.ts";
import { answering, type Serving } from "../serving.ts";

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
const exposing = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  const { person, path, model, isolate } = c.var;
  const exposed = exposedTo(isolate, person);
  if (exposed === undefined) return;
  const answer = path === undefined ? undefined : { sha256: model, path };
  isolate.exposure.note(c.env, waitUntilOf(c), exposed, outcomeOf(isolate, exposed, c.res.status, answer));
});

export const classify = new Hono<AppEnv>().post("/", limited, exposing, async (c) => {
  const body = await readJson(c.req.raw, BODY_LIMIT);
  refuseLongText(body);
  const { text, top, consent, ...request } = parse(ClassifyRequest, body);
  const { counters } = c.var.isolate;

  const lang = request.lang === "auto" ? detectLanguage(text) : request.lang;

  const normalised = normalise(text);
  const danger = safetyOf(normalised);
  if (danger !== undefined) {
    counters.add("haqei_edge_answers_total", 'path="safety"');
    return c.json(helpAnswer(c.var.model, danger, lang));
  }

  // Crawlers and health checks get the current model and are counted apart: they belong to no comparison.
  const machine = isMachine(c.req.header("user-agent"));
  const person = machine ? undefined : (request.userId ?? request.sessionId);
  c.set("person", person);
  const by = await answering(c.var.isolate, c.env, waitUntilOf(c), person);
  const bucket = machine && by.bucket === "current" ? "machine" : by.bucket;
  // Simple mode compares nothing.
  if (bucket === "simple") c.set("person", undefined);
  c.set("model", by.sha256);
  const textHash = await saltedHash(c.env.EVENT_SECRET, "text", normalised);
  const { scored, cache } = await answerOf(c, by, { normalised, textHash, lang, top });
  const path = pathOf(by, scored, cache);
  c.set("path", path);
  const operations = cache === "none" ? scored.operations : 0;
  counters.add("haqei_edge_operations_total", `path="${path}"`, operations);
  counters.add("haqei_edge_answers_total", `path="${path}"`);

  const unsure = scored.path === "prior" || scored.confidence < Number(c.env.ABSTAIN_BELOW);
  if (unsure) counters.add("haqei_edge_abstained_total", `path="${path}"`);

  const served: Served = {
    model: by.sha256,
    bucket,
    shown: scored.predictions.map(({ id }) => id),
    propensity: 1,
    textHash,
    lang,
    at: Date.now(),
    ...(consent ? { text } : {}),
  };
  return c.json({
    eventId: await signEvent(c.env.EVENT_SECRET, served),
    model: by.sha256,
    version: by.version,
    bucket,
    path,
    cache,
    operations,
    lang,
    predictions: scored.predictions.map((prediction) => {
      const reading = by.readings?.get(prediction.id);
      return { ...prediction, ...(reading === undefined ? {} : show(reading, lang)) };
    }),
    confidence: scored.confidence,
    ...(unsure ? { abstain: true, message: UNSURE[lang] } : {}),
  } satisfies ClassifyAnswer);
});

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
  /** Normalising again changes nothing and costs little, unlike the first time. */
  normalised: string;
  textHash: string;
  lang: Language;
  top: number;
}

/** What the model says, from a cache where it was said before. */
async function answerOf(
  c: AppContext,
  by: Serving,
  { normalised, textHash, lang, top }: Question,
): Promise<{ scored: Scored; cache: ClassifyAnswer["cache"] }> {
  const budget = budgetOf(c.env);
  const score = () => scoreText(by.model, normalised, top, by.priorOnly ? 0 : budget.inference);
  if (by.release === undefined) return { scored: score(), cache: "none" };

  const { answers, counters } = c.var.isolate;
  const key = answerKey(by.release, lang, top, textHash);
  const place = {
    key,
    release: by.release,
    edge: budget.edgeLookup && normalised.length >= Number(c.env.EDGE_CACHE_MIN_CHARACTERS),
    warmed: by.sha256 === c.var.isolate.pointer.held()?.current.sha256,
  };
  const found = await answers.find(c.env, waitUntilOf(c), place);
  counters.add("haqei_edge_cache_total", `result="${found?.level ?? "none"}"`);
  if (found !== undefined) return { scored: found.scored, cache: found.level };
  const scored = score();
  answers.keep(waitUntilOf(c), place, scored);
  return { scored, cache: "none" };
}

/** What answers in a released model's place, as the bundled one does, counts as the prior however it scored. */
function pathOf(by: Serving, scored: Scored, cache: ClassifyAnswer["cache"]): ClassifyAnswer["path"] {
  if (by.release === undefined) return "prior";
  return cache === "none" ? scored.path : "cache";
}
