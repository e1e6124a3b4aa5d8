import { Language, MAX_TEXT } from "#contracts/event.ts";
import type { ClassifyRequest } from "#contracts/http.ts";

const LANGUAGES: ReadonlySet<unknown> = new Set([...Language.options, "auto"]);
const isPerson = (value: unknown): value is string =>
  typeof value === "string" && value.length >= 1 && value.length <= 100;
const isFewOrNone = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 5;

/**
 * A request that keeps to `ClassifyRequest`, as that would give it, for a twentieth of the time. Undefined decides nothing: the schema
 * is asked then, and says what is wrong.
 */
export function plainRequest(body: unknown): ClassifyRequest | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { text, lang = "auto", userId, sessionId, top = 3, consent = false } = body as Record<string, unknown>;
  if (typeof text !== "string" || text.length > MAX_TEXT || text.trim() === "") return undefined;
  if (!LANGUAGES.has(lang) || !isFewOrNone(top) || typeof consent !== "boolean") return undefined;
  if (userId !== undefined && !isPerson(userId)) return undefined;
  if (sessionId !== undefined && !isPerson(sessionId)) return undefined;
  return {
    text,
    lang: lang as ClassifyRequest["lang"],
    top,
    consent,
    ...(userId !== undefined && { userId }),
    ...(sessionId !== undefined && { sessionId }),
  };
}
