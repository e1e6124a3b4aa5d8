import { Hono } from "hono";
import { type ZodType, z } from "zod";
import type { AppEnv } from "../app-env.ts";
import { OPERATIONS, type Operation, versioned } from "../operations.ts";

const content = (media: string, schema: ZodType | undefined, io: "input" | "output") => ({
  [media]: { ...(schema && { schema: z.toJSONSchema(schema, { io, reused: "inline", unrepresentable: "any" }) }) },
});

function describe({ summary, request, answers, parameters, admin }: Operation) {
  return {
    summary,
    ...(admin && { security: [{ operator: [] }] }),
    ...(parameters && { parameters }),
    ...(request && { requestBody: { required: true, content: content("application/json", request, "input") } }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, { description, schema, media }]) => [
        status,
        {
          description,
          ...((schema || media) && { content: content(media ?? "application/json", schema, "output") }),
        },
      ]),
    ),
  };
}

const described = (methods: Record<string, Operation>) =>
  Object.fromEntries(Object.entries(methods).map(([method, operation]) => [method, describe(operation)]));

/** The same path under its version, by reference. */
const alias = (path: string) =>
  versioned(path) === path ? [] : [[versioned(path), { $ref: `#/paths/${path.replaceAll("/", "~1")}` }]];

/** The interface as OpenAPI 3.1, whose schemas are JSON Schema: made of the very schemas that judge requests. */
const document = () => ({
  openapi: "3.1.0",
  info: { title: "HAQEI edge", version: "1" },
  components: { securitySchemes: { operator: { type: "http", scheme: "bearer" } } },
  paths: Object.fromEntries(
    Object.entries(OPERATIONS).flatMap(([path, methods]) => [[path, described(methods)], ...alias(path)]),
  ),
});

let written: string | undefined;
export const openapi = new Hono<AppEnv>().get("/", (c) => {
  written ??= JSON.stringify(document());
  return c.body(written, 200, { "content-type": "application/json" });
});
