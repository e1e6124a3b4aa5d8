import { Hono } from "hono";
import { z } from "zod";
import { AnalyticsQuery } from "#contracts/analytics.ts";
import { ModeRequest, PersonId, type WarmAnswer, WarmRequest } from "#contracts/http.ts";
import { Pointer } from "#contracts/pointer.ts";
import { type ShadowCounts, ShadowLabels } from "#contracts/shadow.ts";
import {
  type AccuracyAnswer,
  type AuditAnswer,
  OperationsStatus,
  type PublishedOperations,
  type PublishedRelease,
  ReleaseStatus,
} from "#contracts/status.ts";
import { pointerFault } from "#policy/blessing.ts";
import { experimentFault } from "#policy/buckets.ts";
import { accuracySince } from "../accuracy.ts";
import { flush, queryAnalytics } from "../analytics.ts";
import { type AppEnv, waitUntilOf } from "../app-env.ts";
import { auditTrail } from "../audit.ts";
import { authorised } from "../authorised.ts";
import { unblessed } from "../blessings.ts";
import { exportErasures, userToken } from "../erasure.ts";
import { exportExposure, forgetExposure } from "../exposure.ts";
import { printGauges } from "../gauges.ts";
import { HttpError } from "../http-error.ts";
import { exportEvents } from "../log.ts";
import { modeHistory, switchMode } from "../mode.ts";
import { movePointer, readPointer } from "../pointer.ts";
import { parse, readJson } from "../read-json.ts";
import { artefactKey } from "../residents.ts";
import { serving } from "../serving.ts";
import { exportDisagreements, labelDisagreements, shadowCounts } from "../shadow.ts";
import { verifierOf } from "../signatures.ts";
import { publishStatus, readStatus } from "../statuses.ts";
import { warm } from "../warming.ts";

const POINTER_BODY_LIMIT = 65_536;
/** 50 queries of 2,000 code units written as \uXXXX. */
const WARM_BODY_LIMIT = 655_360;
/** Simple mode is for an incident; what lasts longer is a release. */
const LONGEST_SIMPLE_MS = 7 * 86_400_000;
/** Rows an export may hold: with texts of 2,000 characters this is some 10 MB. */
const EXPORT_LIMIT = 1000;

const STATUS_BODY_LIMIT = 131_072;
const HOUR_MS = 3_600_000;

const AccuracyQuery = z.object({ hours: z.coerce.number().gt(0).max(720).default(24) });

const ExportQuery = z.object({
  after: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().min(1).max(EXPORT_LIMIT).default(EXPORT_LIMIT),
});

const Epoch = z.coerce.number().int().nonnegative();

/** The models that a pointer has answer, by the field that names them. */
const modelsOf = (pointer: Pointer): { field: string; sha256: string | undefined }[] => [
  { field: "current.sha256", sha256: pointer.current.sha256 },
  { field: "canary.sha256", sha256: pointer.canary?.sha256 },
  { field: "shadow.sha256", sha256: pointer.shadow?.sha256 },
  ...pointer.experiments.flatMap(({ arms }) => arms.map(({ sha256 }) => ({ field: "experiments", sha256 }))),
];

/** What no key answers for is not released, whoever holds the admin secret. */
async function refuseUnblessed(env: Env, pointer: Pointer): Promise<void> {
  const fault = await pointerFault(pointer, verifierOf(env));
  if (fault !== undefined) throw new HttpError(403, "BlessingError", fault, { field: "signature" });
  await Promise.all(
    modelsOf(pointer).map(async ({ field, sha256 }) => {
      const refusal = sha256 === undefined ? undefined : await unblessed(env, sha256);
      if (refusal !== undefined) throw new HttpError(403, "BlessingError", refusal, { field });
    }),
  );
}

/** Upload first, point second: a pointer to what is not there would be looked up in vain, and the miss cached. */
async function refuseMissingArtefacts(env: Env, pointer: Pointer): Promise<void> {
  const named = [
    ...modelsOf(pointer),
    { field: "readings", sha256: pointer.readings },
    { field: "dictionary", sha256: pointer.dictionary },
  ];
  await Promise.all(
    named.map(async ({ field, sha256 }) => {
      if (sha256 === undefined || (await env.ARTEFACTS.head(artefactKey(sha256))) !== null) return;
      throw new HttpError(400, "ArtefactMissing", `no artefact ${sha256} in R2: upload it before pointing to it`, {
        field,
      });
    }),
  );
}

function expectedEpoch(header: string | undefined): number {
  const epoch = header === undefined ? undefined : /^"?(\d{1,15})"?$/.exec(header)?.[1];
  if (epoch === undefined) {
    throw new HttpError(400, "InvalidRequest", "say which epoch the pointer has now: if-match: <epoch>, 0 for none", {
      field: "if-match",
    });
  }
  return Number(epoch);
}

export const admin = new Hono<AppEnv>()
  .use(authorised)
  .get("/events", async (c) => {
    const { after, limit } = parse(ExportQuery, { after: c.req.query("after"), limit: c.req.query("limit") });
    const { lines, next } = await exportEvents(c.env, after, limit);
    return c.body(lines, 200, { "content-type": "application/x-ndjson; charset=utf-8", "x-next": String(next) });
  })
  .get("/erasures", async (c) => {
    const { after, limit } = parse(ExportQuery, { after: c.req.query("after"), limit: c.req.query("limit") });
    const lines = await exportErasures(c.env, after, limit);
    return c.body(lines, 200, { "content-type": "application/x-ndjson; charset=utf-8" });
  })
  .get("/pointer", async (c) => {
    const pointer = await readPointer(c.env);
    if (pointer === undefined) throw new HttpError(404, "PointerNotFound", "nothing was released yet: PUT a pointer");
    return c.json(pointer, 200, { etag: `"${pointer.epoch}"` });
  })
  .put("/pointer", async (c) => {
    const expected = expectedEpoch(c.req.header("if-match"));
    const pointer = parse(Pointer, await readJson(c.req.raw, POINTER_BODY_LIMIT));
    if (pointer.epoch <= expected) {
      throw new HttpError(400, "InvalidRequest", `an epoch only grows: above ${expected}`, { field: "epoch" });
    }
    const fault = experimentFault(pointer);
    if (fault !== undefined) throw new HttpError(400, "InvalidRequest", fault, { field: "experiments" });
    await refuseMissingArtefacts(c.env, pointer);
    await refuseUnblessed(c.env, pointer);
    // What was counted before belongs to the time before.
    await flush(c.env, c.var.isolate);
    const move = await movePointer(c.env, pointer, expected);
    if (!move.moved) {
      const epoch = move.present?.epoch ?? 0;
      const message = `the pointer has epoch ${epoch}, not ${expected}: read it and decide again`;
      return c.json({ error: { name: "Conflict", message, field: "if-match" }, pointer: move.present ?? null }, 409);
    }
    const { isolate } = c.var;
    isolate.pointer.accept(pointer);
    c.executionCtx.waitUntil(serving(isolate, c.env, waitUntilOf(c)).catch(() => undefined));
    return c.json(pointer, 200, { etag: `"${pointer.epoch}"` });
  })
  .get("/exposure", async (c) => {
    const { from } = parse(z.object({ from: Epoch }), c.req.query());
    return c.json(await exportExposure(c.env, from));
  })
  .delete("/exposure", async (c) => {
    const { before } = parse(z.object({ before: Epoch }), c.req.query());
    return c.json({ forgotten: await forgetExposure(c.env, before) });
  })
  .post("/warm", async (c) => {
    const request = parse(WarmRequest, await readJson(c.req.raw, WARM_BODY_LIMIT));
    const by = await serving(c.var.isolate, c.env, waitUntilOf(c));
    if (by.bucket !== "current" || by.release === undefined) {
      throw new HttpError(503, "ModelUnavailable", "the current model is not in memory yet: ask again", {
        headers: { "retry-after": "5" },
      });
    }
    const answers = await warm(c.env, by, by.release, request);
    return c.json({ model: by.sha256, warmed: answers } satisfies WarmAnswer);
  })
  .get("/mode", async (c) => c.json({ switches: await modeHistory(c.env) }))
  .post("/mode", async (c) => {
    const { mode, until, reason } = parse(ModeRequest, await readJson(c.req.raw, POINTER_BODY_LIMIT));
    const now = Date.now();
    if (mode === "simple" && (until === undefined || until <= now || until > now + LONGEST_SIMPLE_MS)) {
      throw new HttpError(400, "InvalidRequest", "simple mode ends in the future, within 7 days", { field: "until" });
    }
    const made = await switchMode(c.env, { mode, until: mode === "simple" ? (until ?? null) : null, reason });
    c.var.isolate.mode.accept(made);
    return c.json(made);
  })
  .post("/users/:userId/token", async (c) => {
    const userId = parse(PersonId, c.req.param("userId"), "userId");
    return c.json({ token: userToken(c.env, userId) });
  })
  .post("/analytics/query", async (c) => {
    const query = parse(AnalyticsQuery, await readJson(c.req.raw, POINTER_BODY_LIMIT));
    await flush(c.env, c.var.isolate);
    return c.json(await queryAnalytics(c.env, query));
  })
  .get("/shadow", async (c) => {
    const { after, limit } = parse(ExportQuery, { after: c.req.query("after"), limit: c.req.query("limit") });
    await flush(c.env, c.var.isolate);
    const { lines, next } = await exportDisagreements(c.env, after, limit);
    return c.body(lines, 200, { "content-type": "application/x-ndjson; charset=utf-8", "x-next": String(next) });
  })
  .get("/shadow/counts", async (c) => {
    const { from } = parse(z.object({ from: Epoch.default(0) }), c.req.query());
    await flush(c.env, c.var.isolate);
    return c.json((await shadowCounts(c.env, from)) satisfies ShadowCounts);
  })
  .post("/shadow/labels", async (c) => {
    const labels = parse(ShadowLabels, await readJson(c.req.raw, POINTER_BODY_LIMIT));
    return c.json({ labelled: await labelDisagreements(c.env, labels) });
  })
  .get("/release-status", async (c) =>
    c.json((await readStatus(c.env, "release", ReleaseStatus)) satisfies PublishedRelease),
  )
  .put("/release-status", async (c) => {
    const status = parse(ReleaseStatus, await readJson(c.req.raw, STATUS_BODY_LIMIT));
    await publishStatus(c.env, "release", c.var.operator, status);
    return c.json(status);
  })
  .get("/operations-status", async (c) =>
    c.json((await readStatus(c.env, "operations", OperationsStatus)) satisfies PublishedOperations),
  )
  .put("/operations-status", async (c) => {
    const status = parse(OperationsStatus, await readJson(c.req.raw, STATUS_BODY_LIMIT));
    await publishStatus(c.env, "operations", c.var.operator, status);
    return c.json(status);
  })
  .get("/accuracy", async (c) => {
    const { hours } = parse(AccuracyQuery, { hours: c.req.query("hours") });
    return c.json((await accuracySince(c.env, Math.floor(Date.now() - hours * HOUR_MS))) satisfies AccuracyAnswer);
  })
  .get("/audit", async (c) => c.json({ actions: await auditTrail(c.env) } satisfies AuditAnswer))
  .get("/metrics", async (c) => {
    const text = c.var.isolate.counters.print() + printGauges(c.var.isolate, c.env);
    return c.body(text, 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
  });
