import fc from "fast-check";

/**
 * Requests as somebody would send them who means ill or cannot help it: nearly right bodies, any JSON, broken JSON, any bytes, to
 * every path that reads one.
 */
export interface Fuzzed {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array<ArrayBuffer>;
}

const odd = fc.constantFrom(
  "",
  " ",
  "\u0000",
  "\ud800",
  "\ufdfa".repeat(2000),
  "👩‍👩‍👧".repeat(200),
  "e\u0301\u0323".repeat(600),
  "x".repeat(2001),
  "../../etc",
  "'; DROP TABLE events; --",
  "__proto__",
  "constructor",
  "v1.e30.AAAA",
  "死".repeat(700),
);
const text = fc.oneof(
  odd,
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({ unit: "grapheme", maxLength: 60 }),
);
const number = fc.constantFrom(0, -1, 1, 3, 384, 385, 1e308, -0, 0.5, Number.MAX_SAFE_INTEGER, 2 ** 53);
const value = fc.oneof(text, number, fc.boolean(), fc.constant(null), fc.jsonValue({ maxDepth: 2 }));
const loosely = (shape: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record(
    Object.fromEntries(
      Object.entries(shape).map(([name, usual]) => [name, fc.oneof({ weight: 3, arbitrary: usual }, value)]),
    ),
    { requiredKeys: [] },
  );

const question = loosely({
  text,
  lang: fc.constantFrom("ja", "en", "zh", "auto"),
  userId: text,
  sessionId: text,
  top: fc.integer({ min: 1, max: 5 }),
  consent: fc.boolean(),
});
const event = (eventId: string) =>
  loosely({
    id: fc.string({ minLength: 1, maxLength: 20 }),
    eventId: fc.oneof(fc.constant(eventId), text),
    type: fc.constantFrom("click", "dwell", "bounce", "thumb", "correction", "report"),
    at: number,
    userId: text,
    shownId: fc.integer({ min: 1, max: 4 }),
    value: number,
    correctId: number,
    reason: text,
  });
const pointer = loosely({
  schema: fc.constant(1),
  epoch: number,
  current: loosely({ sha256: fc.constantFrom("a".repeat(64), "b".repeat(63)), version: text }),
  canary: loosely({ sha256: fc.constant("a".repeat(64)), version: text, basisPoints: number }),
  shadow: loosely({ sha256: fc.constant("a".repeat(64)), version: text, sample: number }),
  experiments: fc.array(loosely({ name: text, salt: text, arms: fc.array(value, { maxLength: 3 }) }), { maxLength: 3 }),
  salt: text,
});
const query = loosely({
  metric: fc.constantFrom("answers", "operations", "users", "kv_ms"),
  from: number,
  to: number,
  groupBy: fc.array(fc.constantFrom("path", "bucket", "model", "blob1; --"), { maxLength: 3 }),
  quantiles: fc.array(fc.double(), { maxLength: 3 }),
});
const mode = loosely({ mode: fc.constantFrom("normal", "fast"), until: value, reason: text });
const warm = loosely({ queries: fc.array(text, { maxLength: 3 }), part: number, parts: number });

/** @param eventId a token that was signed by the edge that is asked */
export function anyRequest(eventId: string, adminSecret: string): fc.Arbitrary<Fuzzed> {
  const target = (path: string, usual: fc.Arbitrary<unknown>, method = "POST") => fc.constant({ path, method, usual });
  const targets = fc.oneof(
    { weight: 4, arbitrary: target("/api/classify", question) },
    {
      weight: 3,
      arbitrary: target(
        "/api/feedback",
        fc.oneof(event(eventId), fc.record({ events: fc.array(event(eventId), { maxLength: 5 }) })),
      ),
    },
    target("/admin/pointer", pointer, "PUT"),
    target("/admin/analytics/query", query),
    target("/admin/mode", mode),
    target("/admin/warm", warm),
  );
  const json = (made: unknown) => JSON.stringify(made) ?? "null";
  return targets.chain(({ path, method, usual }) => {
    const body: fc.Arbitrary<Fuzzed["body"]> = fc.oneof(
      { weight: 8, arbitrary: usual.map(json) },
      value.map(json),
      fc.tuple(usual, fc.nat(200)).map(([made, cut]) => json(made).slice(0, -1 - cut)),
      fc.uint8Array({ maxLength: 100 }).map((bytes) => new Uint8Array(bytes)),
    );
    const type = fc.oneof(
      { weight: 9, arbitrary: fc.constant("application/json") },
      fc.constantFrom("text/plain", "application/json; charset=utf-16", "APPLICATION/JSON", ";"),
    );
    const secret = fc.oneof(
      { weight: 9, arbitrary: fc.constant(`Bearer ${adminSecret}`) },
      fc.constantFrom("Bearer ", "Bearer wrong", "Basic x"),
    );
    const expected = fc.constantFrom("0", "1", "-1", "x", "99999999999999999999");
    return fc.record({ body, type, secret, expected }).map((made) => ({
      method,
      path,
      headers: { "content-type": made.type, authorization: made.secret, "if-match": made.expected },
      body: made.body,
    }));
  });
}
