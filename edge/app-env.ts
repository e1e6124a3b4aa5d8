import type { Context } from "hono";
import type { Isolate } from "./isolate.ts";

/** What every route has: the bindings, and the memory of the isolate it runs in; of a query, who is compared and how it was answered. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    requestId: string;
    isolate: Isolate;
    model: string;
    /** Who asks by an admin route. */
    operator: string;
  };
}

export type AppContext = Context<AppEnv>;

/** The runtime's `waitUntil`, bound. */
export const waitUntilOf =
  (c: AppContext) =>
  (work: Promise<unknown>): void =>
    c.executionCtx.waitUntil(work);
