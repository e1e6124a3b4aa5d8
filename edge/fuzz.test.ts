import fc from "fast-check";
import { expect, it } from "vitest";
import { ClassifyAnswer, ErrorAnswer } from "#contracts/http.ts";
import { anyRequest } from "./test-support/bodies.ts";
import { ADMIN, freshStores, releasedEdge, TEXTS } from "./test-support/harness.ts";

it("answers whatever it is sent, and never with a failure of its own", { timeout: 60_000 }, async () => {
  await freshStores();
  const edge = await releasedEdge();
  const { eventId } = ClassifyAnswer.parse(await (await edge.post("/api/classify", { text: TEXTS[0] })).json());
  await fc.assert(
    fc.asyncProperty(anyRequest(eventId, ADMIN.authorization.slice("Bearer ".length)), async (sent) => {
      const { path, ...init } = sent;
      const response = await edge.request(path, init);
      const answer = await response.json();
      expect(response.status, JSON.stringify(answer)).toBeLessThan(500);
      if (response.status >= 400) expect(ErrorAnswer.safeParse(answer).success).toBe(true);
      if (path === "/api/classify" && response.status === 200) expect(ClassifyAnswer.parse(answer)).toBeDefined();
    }),
    { numRuns: 500 },
  );
  // What came before leaves it well.
  expect((await edge.post("/api/classify", { text: TEXTS[0] })).status).toBe(200);
});
