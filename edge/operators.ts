import { z } from "zod";
import type { AppContext } from "./app-env.ts";
import { bearerOf, sameSecret } from "./bearer.ts";
import { hex } from "./keys.ts";

/** What an operator may do: look; release models; switch modes and tell of alerts; hand out users' tokens. */
export const Scope = z.enum(["read", "release", "operate", "users"]);
export type Scope = z.infer<typeof Scope>;

/** The secret `OPERATORS`, as JSON: names with the SHA-256 of each one's token, so that the secret itself opens nothing. */
const Operators = z.array(
  z.strictObject({
    name: z.string().min(1).max(100),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    scopes: z.array(Scope).min(1),
  }),
);

declare global {
  interface Env {
    /** Optional, so no part of the required secrets in `wrangler.jsonc`. */
    OPERATORS?: string;
  }
}

export interface Operator {
  name: string;
  scopes: readonly Scope[];
}

/** Who holds the admin secret may do everything. */
const ADMIN: Operator = { name: "admin", scopes: Scope.options };

let read: { secret: string; operators: z.infer<typeof Operators> } | undefined;
function operatorsOf(secret: string): z.infer<typeof Operators> {
  if (read?.secret === secret) return read.operators;
  let operators: z.infer<typeof Operators> = [];
  try {
    operators = secret === "" ? [] : Operators.parse(JSON.parse(secret));
  } catch {
    console.error("the secret OPERATORS is not a list of {name, sha256, scopes}: only the admin secret opens anything");
  }
  read = { secret, operators };
  return operators;
}

const digest = async (text: string) =>
  hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));

/** Whose token the request bears. All are compared, whichever fits, so that the time tells nothing. */
export async function operatorOf(c: AppContext): Promise<Operator | undefined> {
  const given = bearerOf(c);
  if (given === undefined) return undefined;
  const operators = operatorsOf(c.env.OPERATORS ?? "");
  const [sha256, isAdmin] = await Promise.all([digest(given), sameSecret(given, c.env.ADMIN_SECRET ?? "")]);
  const matches = await Promise.all(operators.map((operator) => sameSecret(sha256, operator.sha256)));
  const named = operators.find((_, at) => matches[at]);
  return isAdmin && c.env.ADMIN_SECRET ? ADMIN : named;
}

/** The scope that an admin route wants: to read, nothing more; what nobody thought of wants `operate`. */
export function scopeOf(method: string, path: string): Scope {
  if (method === "GET" || path === "/admin/analytics/query") return "read";
  if (["/admin/pointer", "/admin/warm", "/admin/release-status", "/admin/shadow/labels"].includes(path))
    return "release";
  if (path.startsWith("/admin/users/")) return "users";
  return "operate";
}
