import { Hono } from "hono";
import { type ZodType, z } from "zod";
import {
  ClassifyAnswer,
  ClassifyRequest,
  ErasureAnswer,
  ErrorAnswer,
  FeedbackAnswer,
  FeedbackRequest,
  Health,
  HexagramsAnswer,
  LineAnswer,
  Release,
} from "#contracts/http.ts";
import type { AppEnv } from "../app-env.ts";

interface Operation {
  summary: string;
  request?: ZodType;
  answers: Record<number, { description: string; schema?: ZodType }>;
  parameters?: { name: string; in: "path" | "query"; required: boolean; schema: object }[];
}

const problem = (description: string) => ({ description, schema: ErrorAnswer });
const language = { name: "lang", in: "query", required: false, schema: { enum: ["ja", "en", "zh"] } } as const;

const OPERATIONS: Record<string, Record<string, Operation>> = {
  "/api/classify": {
    post: {
      summary: "The lines that fit a question best",
      request: ClassifyRequest,
      answers: {
        200: { description: "predictions, best first", schema: ClassifyAnswer },
        400: problem("the request breaks its schema"),
        413: problem("the text or the body is too long"),
        415: problem("the body is not JSON"),
        429: problem("too many requests; Retry-After says when to ask again"),
        503: problem("nothing at all can answer"),
      },
    },
  },
  "/api/feedback": {
    post: {
      summary: "What became of an answer: one event, or up to 100",
      request: FeedbackRequest,
      answers: {
        202: { description: "durably written", schema: FeedbackAnswer },
        400: problem("neither an event nor a batch"),
        413: problem("the body is too long"),
        415: problem("the body is not JSON"),
        429: problem("too many requests; Retry-After says when to ask again"),
        503: problem("nothing was written: send it again"),
      },
    },
  },
  "/api/health": {
    get: {
      summary: "Whether answers can be given, and by which model",
      answers: {
        200: { description: "answers can be given", schema: Health },
        503: { description: "they cannot", schema: Health },
      },
    },
  },
  "/api/release": {
    get: {
      summary: "What is served to whom",
      parameters: [{ name: "userId", in: "query", required: false, schema: { type: "string" } }],
      answers: { 200: { description: "the release", schema: Release } },
    },
  },
  "/api/lines/{id}": {
    get: {
      summary: "The reading of one line",
      parameters: [
        { name: "id", in: "path", required: true, schema: { type: "integer", minimum: 1, maximum: 384 } },
        language,
      ],
      answers: { 200: { description: "the reading", schema: LineAnswer }, 404: problem("no readings are released") },
    },
  },
  "/api/hexagrams": {
    get: {
      summary: "All hexagrams with their lines, without the texts",
      parameters: [language],
      answers: {
        200: { description: "the hexagrams", schema: HexagramsAnswer },
        404: problem("no readings are released"),
      },
    },
  },
  "/api/users/{userId}": {
    delete: {
      summary: "Deletes a user's events, for the user's token or the admin secret",
      parameters: [{ name: "userId", in: "path", required: true, schema: { type: "string" } }],
      answers: { 202: { description: "deleted", schema: ErasureAnswer }, 401: problem("neither token nor secret") },
    },
  },
};

const json = (schema: ZodType, io: "input" | "output") => ({
  "application/json": { schema: z.toJSONSchema(schema, { io, reused: "inline" }) },
});

function describe({ summary, request, answers, parameters }: Operation) {
  return {
    summary,
    ...(parameters && { parameters }),
    ...(request && { requestBody: { required: true, content: json(request, "input") } }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, { description, schema }]) => [
        status,
        { description, ...(schema && { content: json(schema, "output") }) },
      ]),
    ),
  };
}

/** The public interface as OpenAPI 3.1, whose schemas are JSON Schema: made of the very schemas that judge requests. */
const document = () => ({
  openapi: "3.1.0",
  info: { title: "HAQEI edge", version: "1" },
  paths: Object.fromEntries(
    Object.entries(OPERATIONS).map(([path, methods]) => [
      path,
      Object.fromEntries(Object.entries(methods).map(([method, operation]) => [method, describe(operation)])),
    ]),
  ),
});

let written: string | undefined;

export const openapi = new Hono<AppEnv>().get("/", (c) => {
  written ??= JSON.stringify(document());
  return c.body(written, 200, { "content-type": "application/json" });
});
