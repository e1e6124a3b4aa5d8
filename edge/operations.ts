import { type ZodType, z } from "zod";
import { AnalyticsQuery } from "#contracts/analytics.ts";
import { Language } from "#contracts/event.ts";
import {
  ClassifyAnswer,
  ClassifyRequest,
  ErasureAnswer,
  ErrorAnswer,
  ExposureAnswer,
  FeedbackAnswer,
  FeedbackRequest,
  Health,
  HexagramsAnswer,
  LineAnswer,
  ModeRequest,
  Release,
  WarmAnswer,
  WarmRequest,
} from "#contracts/http.ts";
import { Pointer } from "#contracts/pointer.ts";
import { KeptDisagreement, ShadowCounts, ShadowLabels } from "#contracts/shadow.ts";
import {
  AccuracyAnswer,
  AuditAnswer,
  OperationsStatus,
  PublishedOperations,
  PublishedRelease,
  ReleaseStatus,
} from "#contracts/status.ts";

export interface Operation {
  summary: string;
  request?: ZodType;
  answers: Record<number, { description: string; schema?: ZodType; media?: string }>;
  /** Wants an operator's token. */
  admin?: true;
  parameters?: { name: string; in: "path" | "query" | "header"; required: boolean; schema: object }[];
}

const problem = (description: string) => ({ description, schema: ErrorAnswer });
const language = { name: "lang", in: "query", required: false, schema: { enum: Language.options } } as const;

const page = (summary: string, media = "text/html") => ({
  get: { summary, answers: { 200: { description: "as it stands", media } } },
});
const unauthorised = { 401: problem("no operator's token"), 403: problem("a token without the scope") };
const query = (name: string, schema: object) => ({ name, in: "query", required: false, schema }) as const;
const status = (what: string, written: ZodType, published: ZodType): Record<string, Operation> => ({
  get: {
    admin: true,
    summary: `What was published of ${what}`,
    answers: { 200: { description: "the last", schema: published }, ...unauthorised },
  },
  put: {
    admin: true,
    summary: `Publishes ${what} for the dashboard`,
    request: written,
    answers: { 200: { description: "kept", schema: written }, 400: problem("another shape"), ...unauthorised },
  },
});
const unchanged = { 304: { description: "as the etag of if-none-match says" } };

/** Every route of the edge: the methods that a path takes, and what OpenAPI says of them. One that is missing here answers 404. */
export const OPERATIONS: Record<string, Record<string, Operation>> = {
  "/": page("The page at which one asks"),
  "/dashboard": page("The operators' page; what it shows wants a token"),
  "/client.js": page("The browser's client as an ES module", "text/javascript"),
  "/openapi.json": page("This document", "application/json"),
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
      answers: {
        200: { description: "the reading", schema: LineAnswer },
        ...unchanged,
        404: problem("no readings are released"),
      },
    },
  },
  "/api/hexagrams": {
    get: {
      summary: "All hexagrams with their lines, without the texts",
      parameters: [language],
      answers: {
        200: { description: "the hexagrams", schema: HexagramsAnswer },
        ...unchanged,
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
  "/admin/events": {
    get: {
      admin: true,
      summary: "The event log, oldest first; x-next says where to go on",
      parameters: [
        query("after", { type: "integer", minimum: 0 }),
        query("limit", { type: "integer", minimum: 1, maximum: 1000 }),
      ],
      answers: { 200: { description: "a LoggedEvent a line", media: "application/x-ndjson" }, ...unauthorised },
    },
  },
  "/admin/erasures": {
    get: {
      admin: true,
      summary: "Users who had their events deleted, oldest first; x-next says where to go on",
      parameters: [
        query("after", { type: "integer", minimum: 0 }),
        query("limit", { type: "integer", minimum: 1, maximum: 1000 }),
      ],
      answers: { 200: { description: "an erasure a line", media: "application/x-ndjson" }, ...unauthorised },
    },
  },
  "/admin/analytics/query": {
    post: {
      admin: true,
      summary: "One metric over a time, in groups: sums, means, sampled quantiles, users",
      request: AnalyticsQuery,
      answers: { 200: { description: "a row a group" }, 400: problem("no such metric or time"), ...unauthorised },
    },
  },
  "/admin/shadow": {
    get: {
      admin: true,
      summary: "What a shadow run disagreed on, oldest first; x-next says where to go on",
      parameters: [
        query("after", { type: "integer", minimum: 0 }),
        query("limit", { type: "integer", minimum: 1, maximum: 1000 }),
      ],
      answers: {
        200: { description: "a disagreement a line", schema: KeptDisagreement, media: "application/x-ndjson" },
        ...unauthorised,
      },
    },
  },
  "/admin/shadow/counts": {
    get: {
      admin: true,
      summary: "How shadow and answer fared since an epoch of the pointer, over users",
      parameters: [query("from", { type: "integer", minimum: 0 })],
      answers: { 200: { description: "a row a pair of models", schema: ShadowCounts }, ...unauthorised },
    },
  },
  "/admin/shadow/labels": {
    post: {
      admin: true,
      summary: "Which class is right where shadow and answer differed",
      request: ShadowLabels,
      answers: { 200: { description: "how many are kept" }, 400: problem("no such labels"), ...unauthorised },
    },
  },
  "/admin/pointer": {
    get: {
      admin: true,
      summary: "The release pointer as it truly stands",
      answers: {
        200: { description: "the pointer", schema: Pointer },
        404: problem("nothing was released"),
        ...unauthorised,
      },
    },
    put: {
      admin: true,
      summary: "Moves the pointer by compare-and-set",
      parameters: [{ name: "if-match", in: "header", required: true, schema: { type: "string" } }],
      request: Pointer,
      answers: {
        200: { description: "moved", schema: Pointer },
        400: problem("not a pointer, or to what is not there"),
        409: problem("the epoch is another; the pointer that stands comes with it"),
        ...unauthorised,
      },
    },
  },
  "/admin/exposure": {
    get: {
      admin: true,
      summary: "A rollout's users by arm since an epoch of the pointer",
      parameters: [query("from", { type: "integer", minimum: 0 })],
      answers: { 200: { description: "a row an arm", schema: ExposureAnswer }, ...unauthorised },
    },
    delete: {
      admin: true,
      summary: "Forgets what was counted before an epoch",
      parameters: [query("before", { type: "integer", minimum: 0 })],
      answers: { 200: { description: "how many rows there were" }, ...unauthorised },
    },
  },
  "/admin/warm": {
    post: {
      admin: true,
      summary: "Computes frequent answers before anybody asks",
      request: WarmRequest,
      answers: {
        200: { description: "written", schema: WarmAnswer },
        503: problem("the current model is not in memory yet"),
        ...unauthorised,
      },
    },
  },
  "/admin/mode": {
    get: {
      admin: true,
      summary: "The last switches",
      answers: { 200: { description: "newest first" }, ...unauthorised },
    },
    post: {
      admin: true,
      summary: "Switches simple mode on until a time, or off",
      request: ModeRequest,
      answers: { 200: { description: "switched" }, 400: problem("no time, or one too far away"), ...unauthorised },
    },
  },
  "/admin/users/{userId}/token": {
    post: {
      admin: true,
      summary: "The token by which a user may delete their events",
      parameters: [{ name: "userId", in: "path", required: true, schema: { type: "string" } }],
      answers: { 200: { description: "the token", schema: z.object({ token: z.string() }) }, ...unauthorised },
    },
  },
  "/admin/release-status": status("the rollout", ReleaseStatus, PublishedRelease),
  "/admin/operations-status": status("alerts and incidents", OperationsStatus, PublishedOperations),
  "/admin/accuracy": {
    get: {
      admin: true,
      summary: "What people said of the answers, by who answered",
      parameters: [query("hours", { type: "number", exclusiveMinimum: 0, maximum: 720 })],
      answers: { 200: { description: "with intervals", schema: AccuracyAnswer }, ...unauthorised },
    },
  },
  "/admin/audit": {
    get: {
      admin: true,
      summary: "Who did what by an admin route",
      answers: { 200: { description: "newest first", schema: AuditAnswer }, ...unauthorised },
    },
  },
  "/admin/metrics": {
    get: {
      admin: true,
      summary: "Counters of one isolate, as Prometheus reads them",
      answers: { 200: { description: "text", media: "text/plain" }, ...unauthorised },
    },
  },
};

/** Paths of `/api` are also there under their version, the same in everything. */
export const versioned = (path: string): string => path.replace(/^\/api\//, "/api/v1/");

/** Path as a router writes it, with the methods it takes. */
export const METHODS: ReadonlyMap<string, string> = new Map(
  Object.entries(OPERATIONS).flatMap(([path, methods]) => {
    const allow = Object.keys(methods)
      .map((method) => method.toUpperCase())
      .join(", ");
    const route = path.replace(/\{(\w+)\}/g, ":$1");
    return [...new Set([route, versioned(route)])].map((one) => [one, allow] as const);
  }),
);
