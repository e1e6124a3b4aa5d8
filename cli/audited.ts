import { userInfo } from "node:os";
import type { AuditEntry } from "#contracts/audit.ts";

/** Commands by which a person changes something that others rely on. What only looks is not written down. */
const AUDITED: ReadonlySet<string> = new Set([
  "alerts silence",
  "backfill",
  "backup",
  "chaos",
  "experiment create",
  "experiment start",
  "experiment stop",
  "incidents ack",
  "incidents close",
  "incidents note",
  "recover",
  "release abort",
  "release pause",
  "release promote",
  "release resume",
  "release rollback",
  "release start",
  "rerun",
  "restore",
  "retention",
  "run",
  "schedules apply",
  "schedules pause",
  "schedules resume",
]);

export const isAudited = (action: string): boolean => AUDITED.has(action);

/** Who sits here: `HAQEI_PERSON`, else the system's name for them. */
export const person = (env: NodeJS.ProcessEnv = process.env): string => env["HAQEI_PERSON"] || userInfo().username;

/** Arguments and options as they are kept; what is no plain value is left out. */
export function detailOf(args: readonly string[], options: Readonly<Record<string, unknown>>): AuditEntry["detail"] {
  const plain = Object.entries(options).filter(
    (option): option is [string, string | number | boolean] =>
      ["string", "number", "boolean"].includes(typeof option[1]) && !["json", "debug"].includes(option[0]),
  );
  return { ...(args.length > 0 ? { arguments: args.join(" ") } : {}), ...Object.fromEntries(plain) };
}
