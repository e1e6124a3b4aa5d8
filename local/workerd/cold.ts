import { createEdge, type Edge } from "#edge/index.ts";

/**
 * The edge with stores in its own memory, for measuring what a cold isolate has to do once the bytes are there (`bench/edge.ts`). What is
 * `PUT` lies under its path; the variables are the real ones. It is never deployed.
 */
const stored = new Map<string, ArrayBuffer>();

function objectOf(bytes: ArrayBuffer) {
  const text = () => new TextDecoder().decode(bytes);
  return { size: bytes.byteLength, arrayBuffer: async () => bytes, json: async () => JSON.parse(text()) as unknown };
}

const found = async (key: string) => {
  const bytes = stored.get(key);
  return bytes === undefined ? null : objectOf(bytes);
};

const stores = {
  CACHE: { get: async (key: string) => (await found(key))?.json() ?? null },
  ARTEFACTS: { get: found },
  // A first answer asks no database.
  LOG: {},
} as unknown as Pick<Env, "CACHE" | "ARTEFACTS" | "LOG">;

let edge: Edge | undefined;
let bound: Env | undefined;

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    if (request.method === "PUT") {
      stored.set(new URL(request.url).pathname.slice(1), await request.arrayBuffer());
      return new Response();
    }
    bound ??= { ...env, ...stores };
    edge ??= createEdge(new ArrayBuffer(0));
    return edge.fetch(request, bound, context);
  },
};
