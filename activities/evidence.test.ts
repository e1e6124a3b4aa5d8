import { describe, expect, it } from "vitest";
import { Config } from "#contracts/config.ts";
import type { LoggedEvent } from "#contracts/event.ts";
import { armsOf, labelledBy, pairsOf, roundTripsOf, shadowArmsOf, shadowOf } from "./evidence.ts";
import { Traffic } from "./traffic.ts";

const { preprocess, release } = Config.parse({});
let seq = 0;
const event = (more: Partial<LoggedEvent> & { bucket?: string; text?: string }): LoggedEvent => {
  seq += 1;
  const { bucket = "current", text = `text ${seq}`, ...rest } = more;
  return {
    seq,
    id: `e${seq}`,
    type: "correction",
    at: seq,
    receivedAt: seq,
    user: `u${seq}`,
    correctId: 2,
    served: {
      model: "a".repeat(64),
      bucket,
      shown: [1],
      propensity: 1,
      textHash: `h${seq}`,
      lang: "ja",
      at: seq,
      text,
    },
    ...rest,
  };
};
/** A model that knows the right class, 2, of some texts. */
const knowing = (known: (text: string) => boolean) => ({
  classify: (text: string) => ({
    predictions: [{ id: known(text) ? 2 : 9, label: "", score: 1 }],
    path: "full" as const,
    operations: 1,
    confidence: 1,
  }),
});
const many = (n: number, bucket: string) => Array.from({ length: n }, () => event({ bucket }));

describe("arms", () => {
  it("hold those by the hash; all without the canary stand against it in the split", () => {
    const arm = (name: string, users: number) => ({
      arm: name,
      assigned: users + 1,
      users,
      usersWithError: 1,
      requests: 9,
      errors: 1,
    });
    expect(armsOf([arm("canary", 10), arm("current", 80), arm("hats/b", 20)])).toEqual({
      canary: { users: 10, usersWithError: 1, requests: 9, errors: 1 },
      stable: { users: 80, usersWithError: 1, requests: 9, errors: 1 },
      assigned: { canary: 11, stable: 102 },
    });
  });
  it("are absent where nobody was counted: absence is never zero", () => {
    expect(armsOf([])).toEqual({});
    expect(armsOf([{ arm: "current", assigned: 1, users: 1, usersWithError: 0, requests: 1, errors: 0 }])).toEqual({
      stable: { users: 1, usersWithError: 0, requests: 1, errors: 0 },
      assigned: { canary: 0, stable: 1 },
    });
  });
});

describe("a shadow", () => {
  const pair = {
    model: "a".repeat(64),
    shadow: "b".repeat(64),
    users: 210,
    usersFailed: 3,
    usersCurrentFailed: 1,
    compared: 205,
    differed: 30,
    labelled: { n: 9, worse: 2, better: 4 },
    agreed: 900,
    disagreed: 100,
    failed: 3,
  };
  it("is both arms for the same users, and what they differed in, one query a user", () => {
    expect(shadowArmsOf(pair)).toEqual({
      canary: { users: 210, usersWithError: 3 },
      stable: { users: 210, usersWithError: 1 },
    });
    expect(shadowOf(pair)).toEqual({ shadow: { n: 205, unlabelled: 21, labelled: { n: 9, worse: 2, better: 4 } } });
  });
  it("is absent where nobody was asked", () => {
    expect(shadowArmsOf(undefined)).toEqual({});
    expect(shadowOf({ ...pair, compared: 0 })).toEqual({});
  });
});

describe("labelled pairs", () => {
  it("count one query a user, with consent, by a correction or a thumb up, in the two arms", () => {
    const events = [
      event({ user: "same" }),
      event({ user: "same" }),
      event({ type: "thumb", value: 1, bucket: "canary" }),
      event({ type: "thumb", value: -1 }),
      event({ type: "click", shownId: 1 }),
      event({ bucket: "machine" }),
      event({ bucket: "hats/b" }),
    ];
    const silent = event({});
    delete silent.served.text;
    const labelled = labelledBy([...events, silent], preprocess.weights);
    expect(labelled.map(({ arm, classId }) => [arm, classId])).toEqual([
      ["current", 2],
      ["canary", 1],
    ]);
  });

  it("take equally many of each arm, so that leaning on what was shown cancels out between equal models", () => {
    // Whoever corrects says that what answered was wrong: the other model looks better on those, in both arms alike.
    const labelled = labelledBy([...many(90, "current"), ...many(10, "canary")], preprocess.weights);
    const ofCanary = new Set(labelled.filter(({ arm }) => arm === "canary").map(({ text }) => text));
    const { accuracy } = pairsOf(
      labelled,
      knowing((text) => !ofCanary.has(text)),
      knowing((text) => ofCanary.has(text)),
    );
    expect(accuracy).toEqual({ n: 20, worse: 10, better: 10 });
  });

  it("are absent while one arm has none", () => {
    const all = knowing(() => true);
    expect(pairsOf(labelledBy(many(5, "current"), preprocess.weights), all, all)).toEqual({});
  });
});

describe("round trips", () => {
  it("are each user's last one, absent while an arm has none", () => {
    const [a, b] = [event({ user: "a", roundTripMs: 80 }), event({ user: "a", roundTripMs: 40 })];
    expect(roundTripsOf([a, b])).toBeUndefined();
    expect(roundTripsOf([a, b, event({ bucket: "canary", roundTripMs: 55 }), event({ bucket: "canary" })])).toEqual({
      canary: [55],
      stable: [40],
    });
  });
});

describe("traffic", () => {
  it("is users and labels an hour, a short stretch counting as one", () => {
    const hour = 3_600_000;
    const events = many(10, "current").map((one, index) => ({ ...one, receivedAt: index * hour }));
    const seen = new Traffic(preprocess.weights);
    // Events of one text come together, the texts in parts.
    for (const one of events) seen.add([one]);
    expect(seen.expected({ n: 100, worse: 6, better: 4 }, release)).toEqual({
      usersPerHour: 10 / 9,
      labelsPerHour: 10 / 9,
      errorRate: 0.005,
      disagreement: 0.1,
    });
    expect(new Traffic(preprocess.weights).expected(undefined, release)).toMatchObject({
      usersPerHour: 0,
      labelsPerHour: 0,
    });
  });
});
