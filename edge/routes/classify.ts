import { Hono } from "hono";
import { MAX_TEXT, type Served } from "#contracts/event.ts";
import { type ClassifyAnswer, ClassifyRequest } from "#contracts/http.ts";
import { detectLanguage } from "#model/language.ts";
import { normalise } from "#model/normalise.ts";
import { type AppEnv, waitUntilOf } from "../app-env.ts";
import { signEvent } from "../event-token.ts";
import { HttpError } from "../http-error.ts";
import { saltedHash } from "../keys.ts";
import { parse, readJson } from "../read-json.ts";
import { show } from "../readings.ts";
import { serving } from "../serving.ts";

/** 2,000 code units written as \uXXXX, and room for the rest. */
const BODY_LIMIT = 16_384;
/** Terms shown as the reason of a prediction. */
const WHY_TERMS = 3;

/** A long text is a matter of size, not of schema. @throws HttpError 413 */
function refuseLongText(body: unknown): void {
  if (typeof body !== "object" || body === null || !("text" in body) || typeof body.text !== "string") return;
  if (body.text.length > MAX_TEXT) {
    throw new HttpError(413, "TextTooLong", `a question holds at most ${MAX_TEXT} characters`, { field: "text" });
  }
}

export const classify = new Hono<AppEnv>().post("/", async (c) => {
  const body = await readJson(c.req.raw, BODY_LIMIT);
  refuseLongText(body);
  const request = parse(ClassifyRequest, body);
  const { isolate } = c.var;

  const by = await serving(isolate, c.env, waitUntilOf(c), request.userId ?? request.sessionId);
  c.set("model", by.sha256);
  const lang = request.lang === "auto" ? detectLanguage(request.text) : request.lang;
  const scored = by.model.classify(request.text, {
    top: request.top,
    operationBudget: Number(c.env.OPERATION_BUDGET),
  });
  // The bundled model is what is left when nothing released can answer: however it scored, it counts as the prior.
  const path = by.bucket === "fallback" ? "prior" : scored.path;

  const served: Served = {
    model: by.sha256,
    bucket: by.bucket,
    shown: scored.predictions.map(({ id }) => id),
    propensity: 1,
    textHash: await saltedHash(c.env.EVENT_SECRET, "text", normalise(request.text)),
    lang,
    at: Date.now(),
    ...(request.consent ? { text: request.text } : {}),
  };
  isolate.counters.add("haqei_edge_answers_total", `path="${path}"`);

  return c.json({
    eventId: await signEvent(c.env.EVENT_SECRET, served),
    model: by.sha256,
    version: by.version,
    bucket: by.bucket,
    path,
    cache: "none",
    operations: scored.operations,
    lang,
    predictions: scored.predictions.map(({ id, label, score }) => {
      const reading = by.readings?.get(id);
      const why = scored.path === "prior" ? [] : by.model.explain(request.text, id, WHY_TERMS);
      return { id, label, score, ...(reading === undefined ? {} : show(reading, lang)), why };
    }),
    confidence: scored.confidence,
  } satisfies ClassifyAnswer);
});
