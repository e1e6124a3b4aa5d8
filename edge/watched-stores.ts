import type { Values } from "#contracts/analytics.ts";
import type { Tally } from "./tally.ts";

type Store = "kv" | "d1" | "r2";
type Watch = (store: Store, ms: number, amount: Values) => void;

/** What a call brought, as far as it says so: rows that D1 read, bytes of an object that R2 opened. */
function amountOf(store: Store, result: unknown): Values {
  if (typeof result !== "object" || result === null) return {};
  if (store === "d1") {
    const results = (Array.isArray(result) ? result : [result]) as { meta?: { rows_read?: number } }[];
    return { d1_rows_read: results.reduce((sum, one) => sum + (one.meta?.rows_read ?? 0), 0) };
  }
  const { body, size } = result as { body?: unknown; size?: unknown };
  return store === "r2" && body !== undefined && typeof size === "number" ? { r2_bytes: size } : {};
}

/** Calls that answer with a promise are timed: clocks move on while one waits for a store, though not while one computes. */
function watched<T extends object>(target: T, store: Store, watch: Watch, statements: WeakMap<object, object>): T {
  return new Proxy(target, {
    get(_, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        // A batch takes the runtime's own statements.
        const own = args.map((arg) =>
          Array.isArray(arg) ? arg.map((one) => (typeof one === "object" && one && statements.get(one)) ?? one) : arg,
        );
        const begun = Date.now();
        const result = Reflect.apply(value, target, own);
        if (result instanceof Promise) {
          const ended = (amount: Values) => watch(store, Date.now() - begun, amount);
          result.then(
            (brought: unknown) => ended(amountOf(store, brought)),
            () => ended({}),
          );
          return result;
        }
        if (typeof result !== "object" || result === null || store !== "d1") return result;
        const statement = watched(result as object, store, watch, statements);
        statements.set(statement, result as object);
        return statement;
      };
    },
  });
}

/** Under which route calls are counted that operators asked for; those for users have none, since they are by far the most. */
export const OPERATORS = "/admin";

/** The bindings of one isolate, with every call of KV, D1 and R2 counted and timed, those for operators apart. */
export function createWatchedStores(tally: Tally): (env: Env, route?: typeof OPERATORS) => Env {
  const forUsers = new WeakMap<Env, Env>();
  const forOperators = new WeakMap<Env, Env>();
  return (env, route) => {
    const known = route === undefined ? forUsers : forOperators;
    const before = known.get(env);
    if (before !== undefined) return before;
    const dimensions = route === undefined ? {} : { route };
    const watch: Watch = (store, ms, amount) =>
      tally.add(dimensions, { subrequests: 1, [`${store}_calls`]: 1, [`${store}_ms`]: ms, ...amount });
    const statements = new WeakMap<object, object>();
    const made: Env = {
      ...env,
      CACHE: watched(env.CACHE, "kv", watch, statements),
      LOG: watched(env.LOG, "d1", watch, statements),
      ARTEFACTS: watched(env.ARTEFACTS, "r2", watch, statements),
    };
    known.set(env, made);
    return made;
  };
}
