import { z } from "zod";
import { AnalyticsAnswer, type AnalyticsQuery } from "#contracts/analytics.ts";
import { BlessingError, ConflictError, InputError, NotReachableError } from "#contracts/errors.ts";
import {
  ClassifyAnswer,
  Erasure,
  ErrorAnswer,
  ExposureAnswer,
  Health,
  MAX_WARM_PART,
  MAX_WARM_PARTS,
  Mode,
  type ModeRequest,
  Release,
  WarmAnswer,
} from "#contracts/http.ts";
import { Pointer } from "#contracts/pointer.ts";
import { KeptDisagreement, ShadowCounts, type ShadowLabels } from "#contracts/shadow.ts";
import { AuditAnswer, type OperationsStatus, type ReleaseStatus } from "#contracts/status.ts";
import type { Signer } from "./signing.ts";
import { traced, traceHeaders } from "./traced.ts";

export interface EdgeLocation {
  url: string;
  adminSecret: string;
}

/** The edge as the offline half sees it. Every method throws NotReachableError where the edge does not answer as it should. */
export interface EdgeClient {
  /** Events after `after`, oldest first, as raw lines: a poisoned one is the reader's to count. `next` goes on from there. */
  events(after: number, limit: number): Promise<{ lines: string[]; next: number }>;
  /** Every deletion that users asked for, oldest first. */
  erasures(): Promise<Erasure[]>;
  /** The pointer as it truly stands; undefined before the first release. */
  pointer(): Promise<Pointer | undefined>;
  /**
   * Signs the pointer and moves it. @throws ConflictError where its epoch is not `expectedEpoch` (0: there is none yet);
   * BlessingError where the edge believes neither the signature nor a model's blessing, or where this client has no key
   */
  putPointer(pointer: Pointer, expectedEpoch: number): Promise<void>;
  /** What the edge says of itself, well or not. */
  health(): Promise<Health>;
  release(): Promise<Release>;
  /**
   * Has the current model answer these queries before anybody asks, and answers how many were written. Done after each release.
   * @throws InputError for more than 2,000 queries
   */
  warm(queries: readonly string[]): Promise<number>;
  /** One answer, as this person gets it. */
  classify(text: string, userId: string): Promise<ClassifyAnswer>;
  /** Users by arm since the pointer had this epoch. */
  exposure(fromEpoch: number): Promise<ExposureAnswer>;
  /** Forgets the users of earlier epochs. */
  forgetExposure(beforeEpoch: number): Promise<void>;
  /** How shadows fared beside the models that were shown, since the pointer had this epoch. */
  shadowCounts(fromEpoch: number): Promise<ShadowCounts>;
  /** What two models disagreed on in shadow runs, oldest first, as far as it is kept. */
  disagreements(): Promise<KeptDisagreement[]>;
  /** Says which class is right; answers how many disagreements were still kept. */
  labelDisagreements(labels: ShadowLabels): Promise<number>;
  /** Tells the edge how a release stands; false where it has no place for it. */
  publishRelease(status: ReleaseStatus): Promise<boolean>;
  /** What the edge counted in a time, by name. */
  analytics(query: z.input<typeof AnalyticsQuery>): Promise<AnalyticsAnswer>;
  /** Counters and gauges of one isolate, as Prometheus text. */
  metrics(): Promise<string>;
  /** Tells the edge which alerts fire and which incidents are open; false where it has no place for it. */
  publishOperations(status: OperationsStatus): Promise<boolean>;
  /** Who did what by an admin route, newest first, and in which trace. */
  audit(): Promise<AuditAnswer>;
  /** Switches simple mode on until a time, or off; the edge writes it down. */
  switchMode(request: ModeRequest): Promise<void>;
  /** Until when simple mode is on; undefined where it is not. */
  simpleUntil(): Promise<number | undefined>;
}

const UNBLESSED =
  "A model is blessed by 06:deploy: haqei run daily --again --force-from deploy. If the signing key was changed, start the servers again.";

/** A question that takes longer than this will not be answered. */
const TIMEOUT_MS = 30_000;

const PAGE = 1000;

/** `GET /admin/mode`, newest first. */
const ModeHistory = z.object({ switches: z.array(z.object({ mode: Mode, until: z.number().nullable() })) });

/**
 * @param signer what pointers are signed with; one who only asks needs none
 * @throws nothing until a method is called
 */
export function createEdgeClient({ url, adminSecret }: EdgeLocation, signer?: Pick<Signer, "signPointer">): EdgeClient {
  const unreachable = (what: string, cause?: unknown) =>
    new NotReachableError(
      `the edge at ${url} ${what}`,
      "See that it runs (haqei status) and what it says (haqei logs edge).",
      {
        cause,
      },
    );

  /** Answers whose status is neither a success nor among `expected` become errors of ours. */
  function ask(path: string, init: RequestInit = {}, expected: readonly number[] = []) {
    return traced(`${init.method ?? "GET"} ${path.replace(/\?.*/, "")}`, async (span) => {
      const answer = await answered(path, init, expected);
      span?.setAttribute("http.response.status_code", answer.status);
      return answer;
    });
  }

  async function answered(path: string, init: RequestInit, expected: readonly number[]) {
    const headers = new Headers({ ...traceHeaders(), ...Object.fromEntries(new Headers(init.headers)) });
    headers.set("authorization", `Bearer ${adminSecret}`);
    let status: number;
    let text: string;
    let next: string | null;
    try {
      const response = await fetch(new URL(path, url), { ...init, headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
      text = await response.text();
      status = response.status;
      next = response.headers.get("x-next");
    } catch (cause) {
      throw unreachable("did not answer", cause);
    }
    if (status >= 200 && status < 300) return { status, text, next };
    if (expected.includes(status)) return { status, text, next };
    const said = messageOf(text) ?? text.slice(0, 300);
    if (nameOf(text) === "BlessingError") throw new BlessingError(`the edge refused ${path}: ${said}`, UNBLESSED);
    if (status >= 500 || status === 429) throw unreachable(`answered ${status}: ${said}`);
    throw new InputError(
      `the edge refused ${path}: ${said}`,
      status === 401
        ? "Use the admin secret that the edge was started with."
        : "Mend what it names, then send it again.",
    );
  }

  /** Every row of a list that is told in pages, oldest first. */
  async function allOf<T extends { seq: number }>(path: string, schema: z.ZodType<T>): Promise<T[]> {
    const all: T[] = [];
    for (;;) {
      const { text } = await ask(`${path}?after=${all.at(-1)?.seq ?? 0}&limit=${PAGE}`);
      const page = linesOf(text);
      all.push(...page.map((line) => read(schema, line)));
      if (page.length < PAGE) return all;
    }
  }

  function read<T extends z.ZodType>(schema: T, text: string): z.infer<T> {
    try {
      return schema.parse(JSON.parse(text));
    } catch (cause) {
      throw unreachable("answered with something else than was asked for", cause);
    }
  }

  return {
    async events(after, limit) {
      const { text, next } = await ask(`/admin/events?after=${after}&limit=${limit}`);
      if (next === null || !/^\d+$/.test(next)) throw unreachable("did not say where its log goes on");
      return { lines: linesOf(text), next: Number(next) };
    },
    async erasures() {
      return allOf("/admin/erasures", Erasure);
    },
    async pointer() {
      const { status, text } = await ask("/admin/pointer", {}, [404]);
      if (status !== 404) return read(Pointer, text);
      if (nameOf(text) === "PointerNotFound") return undefined;
      throw unreachable("has no admin routes: something else answers there");
    },
    async putPointer(pointer, expectedEpoch) {
      if (signer === undefined)
        throw new BlessingError(
          "there is no key to sign the pointer with",
          "Make the client with the home's signing key.",
        );
      const { status, text } = await ask(
        "/admin/pointer",
        {
          method: "PUT",
          headers: { "content-type": "application/json", "if-match": String(expectedEpoch) },
          body: JSON.stringify(signer.signPointer(pointer)),
        },
        [409],
      );
      if (status === 409) {
        throw new ConflictError(messageOf(text) ?? "the pointer was moved", "Read the pointer and decide again.");
      }
    },
    async health() {
      return read(Health, (await ask("/api/health", {}, [503])).text);
    },
    async release() {
      return read(Release, (await ask("/api/release")).text);
    },
    async warm(queries) {
      const parts = Math.ceil(queries.length / MAX_WARM_PART);
      if (parts > MAX_WARM_PARTS) {
        throw new InputError(
          `${queries.length} queries are too many to warm`,
          `Choose the ${MAX_WARM_PART * MAX_WARM_PARTS} most frequent.`,
        );
      }
      let warmed = 0;
      // The edge finds the set by its part 0: with that written last, nobody reads half a set.
      for (let part = parts - 1; part >= 0; part -= 1) {
        const body = { queries: queries.slice(part * MAX_WARM_PART, (part + 1) * MAX_WARM_PART), part, parts };
        const headers = { "content-type": "application/json" };
        const { text } = await ask("/admin/warm", { method: "POST", headers, body: JSON.stringify(body) });
        warmed += read(WarmAnswer, text).warmed;
      }
      return warmed;
    },
    async classify(text, userId) {
      return read(ClassifyAnswer, (await ask("/api/classify", sending("POST", { text, userId }))).text);
    },
    async exposure(from) {
      return read(ExposureAnswer, (await ask(`/admin/exposure?from=${from}`)).text);
    },
    async forgetExposure(before) {
      await ask(`/admin/exposure?before=${before}`, { method: "DELETE" });
    },
    async shadowCounts(from) {
      return read(ShadowCounts, (await ask(`/admin/shadow/counts?from=${from}`)).text);
    },
    async disagreements() {
      return allOf("/admin/shadow", KeptDisagreement);
    },
    async labelDisagreements({ by, labels }) {
      let labelled = 0;
      for (let at = 0; at < labels.length; at += PAGE) {
        const body = { by, labels: labels.slice(at, at + PAGE) };
        const { text } = await ask("/admin/shadow/labels", sending("POST", body));
        labelled += read(z.object({ labelled: z.number() }), text).labelled;
      }
      return labelled;
    },
    async publishRelease(status) {
      return (await ask("/admin/release-status", sending("PUT", status), [404])).status !== 404;
    },
    async analytics(query) {
      return read(AnalyticsAnswer, (await ask("/admin/analytics/query", sending("POST", query))).text);
    },
    async metrics() {
      return (await ask("/admin/metrics")).text;
    },
    async publishOperations(status) {
      return (await ask("/admin/operations-status", sending("PUT", status), [404])).status !== 404;
    },
    async audit() {
      return read(AuditAnswer, (await ask("/admin/audit")).text);
    },
    async switchMode(request) {
      await ask("/admin/mode", sending("POST", request));
    },
    async simpleUntil() {
      const { switches } = read(ModeHistory, (await ask("/admin/mode")).text);
      const [last] = switches;
      return last?.mode === "simple" && (last.until ?? 0) > Date.now() ? (last.until ?? undefined) : undefined;
    },
  };
}

const linesOf = (text: string): string[] => text.split("\n").filter((line) => line !== "");

const sending = (method: string, body: unknown): RequestInit => ({
  method,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

function errorOf(text: string): ErrorAnswer["error"] | undefined {
  try {
    return ErrorAnswer.safeParse(JSON.parse(text)).data?.error;
  } catch {
    return undefined;
  }
}

const messageOf = (text: string) => errorOf(text)?.message;
const nameOf = (text: string) => errorOf(text)?.name;
