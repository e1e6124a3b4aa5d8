import type { Tally } from "./tally.ts";

type Store = "kv" | "d1" | "r2";
type Watch = (store: Store, ms: number) => void;

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
        if (result instanceof Promise) return result.finally(() => watch(store, Date.now() - begun));
        if (typeof result !== "object" || result === null || store !== "d1") return result;
        const statement = watched(result as object, store, watch, statements);
        statements.set(statement, result as object);
        return statement;
      };
    },
  });
}

/** The bindings of one isolate, with every call of KV, D1 and R2 counted and timed. */
export function createWatchedStores(tally: Tally): (env: Env) => Env {
  const known = new WeakMap<Env, Env>();
  const watch: Watch = (store, ms) => tally.add({}, { subrequests: 1, [`${store}_calls`]: 1, [`${store}_ms`]: ms });
  return (env) => {
    const before = known.get(env);
    if (before !== undefined) return before;
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
