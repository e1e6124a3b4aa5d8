import "#edge/kernel.ts";
import { HaqeiError } from "#contracts/errors.ts";
import { measure } from "#training/measure.ts";
import type { LabelledText } from "#training/problem.ts";

/**
 * A Worker that measures a model where the edge runs it (`measureInWorkerd`): `PUT` the bytes as `/model`, `/original` and
 * `/current`, then `POST` a JSON array of labelled queries. It is never deployed.
 */
const given = new Map<string, Uint8Array>();

export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method === "PUT") {
      given.set(new URL(request.url).pathname.slice(1), new Uint8Array(await request.arrayBuffer()));
      return new Response();
    }
    const current = given.get("current");
    const queries = (await request.json()) as LabelledText[];
    try {
      const model = given.get("model") ?? new Uint8Array();
      const original = given.get("original") ?? new Uint8Array();
      return Response.json(measure({ model, original, queries, ...(current ? { current } : {}) }));
    } catch (error) {
      if (!(error instanceof HaqeiError)) throw error;
      return Response.json({ message: error.message, hint: error.hint }, { status: 422 });
    }
  },
};
