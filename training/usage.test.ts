import { expect, test } from "vitest";
import type { LoggedEvent } from "#contracts/event.ts";
import { askedQueries, frequentQueries, usageOf } from "./usage.ts";

let seq = 0;
const event = (text: string | undefined, user: string | undefined, at = 1): LoggedEvent => {
  seq += 1;
  return {
    seq,
    id: `e${seq}`,
    type: "click",
    at,
    receivedAt: at,
    ...(user === undefined ? {} : { user }),
    served: {
      model: "0".repeat(64),
      bucket: "current",
      shown: [1],
      propensity: 1,
      textHash: text ?? "h",
      lang: "ja",
      at,
      ...(text === undefined ? {} : { text }),
    },
  };
};

test("an answer counts once however many reactions it got, and not at all without consent", () => {
  const queries = askedQueries([
    event("Ａ仕事", "u"),
    event("Ａ仕事", "u"),
    event("Ａ仕事", "u", 2),
    event(undefined, "u"),
  ]);
  expect(queries).toEqual([
    { text: "a仕事", user: "u", at: 1 },
    { text: "a仕事", user: "u", at: 2 },
  ]);
});

test("usage counts occurrences, different users, and the last time", () => {
  const usage = usageOf(
    askedQueries([
      event("仕事と仕事", "a", 5),
      event("仕事", "b", 9),
      event("仕事", undefined, 7),
      event("仕事", undefined, 8),
    ]),
  );
  expect(usage).toEqual([{ token: "仕事", frequency: 5, users: 3, lastSeen: 9 }]);
});

test("a query is frequent by how often it was asked, and only where enough users asked it", () => {
  const queries = askedQueries([
    ...["a", "b", "c"].map((user) => event("転職", user)),
    ...["a", "b"].flatMap((user) => [1, 2, 3].map((at) => event("離婚", user, at))),
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((at) => event("秘密", "a", at)),
  ]);
  expect(frequentQueries(queries, 2, 10)).toMatchObject([{ text: "離婚" }, { text: "転職" }]);
  expect(frequentQueries(queries, 3, 10)).toMatchObject([{ text: "転職" }]);
  expect(frequentQueries(queries, 1, 1)).toMatchObject([{ text: "秘密" }]);
});
