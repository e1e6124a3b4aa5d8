import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Config, FeedbackConfig } from "#contracts/config.ts";
import { FeedbackType, type LoggedEvent } from "#contracts/event.ts";
import { UnjudgedQueries } from "#contracts/example.ts";
import { fromArrow, toArrow } from "#datasets/arrow.ts";
import { explore } from "#policy/exploration.ts";
import { randomOf } from "#simulation/random.ts";
import { learnExamples } from "./feedback.ts";
import { preprocess } from "./preprocess.ts";
import { jsonBytes, jsonOf, type StageContext } from "./stage.ts";
import { authored } from "./test-support/authored.ts";

const CLASSES = ["1", "2", "3"];
const [WRONG, RIGHT, OTHER] = [1, 2, 3];
const { weights } = Config.parse({}).preprocess;

const said = (
  seq: number,
  type: FeedbackType,
  text: string,
  more: Partial<LoggedEvent>,
  served: Partial<LoggedEvent["served"]> = {},
): LoggedEvent => ({
  ...{ seq, id: `e${seq}`, type, at: seq, receivedAt: seq, user: `u${seq}` },
  ...more,
  served: {
    ...{ model: "0".repeat(64), bucket: "current", shown: [WRONG, RIGHT, OTHER], propensity: 1 },
    ...{ textHash: text, lang: "ja", at: seq, text },
    ...served,
  },
});

/** Chance that a rank is looked at, and that a class which was looked at is opened. */
const EXAMINED = [1, 0.15, 0.1];
const OPENED = new Map([
  [WRONG, 0.3],
  [RIGHT, 0.9],
  [OTHER, 0.05],
]);

/** Users of a model that always prefers the wrong class, who open what they see: of `asked` answers a text, `share` are explored. */
function clicks(share: number, texts = 60, asked = 200): LoggedEvent[] {
  const random = randomOf(`loop/${share}`);
  return Array.from({ length: texts * asked }, (_, at): LoggedEvent => {
    const { order, propensity } = explore([WRONG, RIGHT, OTHER], share, random.next());
    const served = { shown: [...order], propensity };
    const text = `相談 ${at % texts}`;
    const opened = order.find((id, rank) => random.next() < (EXAMINED[rank] as number) * (OPENED.get(id) as number));
    return opened === undefined
      ? said(at + 1, "bounce", text, {}, served)
      : said(at + 1, "click", text, { shownId: opened }, served);
  });
}

describe("failure 11, feedback loops and pruned labels", () => {
  const learn = (events: LoggedEvent[]) =>
    learnExamples(events, [], CLASSES, { weights, feedback: FeedbackConfig.parse({ maximumShare: 1 }) });
  const labels = (events: LoggedEvent[]) => learn(events).examples.map(({ label }) => Number(label));
  const shareRight = (found: number[]) => found.filter((label) => label === RIGHT).length / found.length;

  test("clicks on what stands first teach a model its own mistakes; 5% of explored answers break the loop", () => {
    expect(shareRight(labels(clicks(0)))).toBeLessThan(0.1);
    const explored = learn(clicks(0.05));
    expect(explored.position.estimated).toBe(true);
    expect(shareRight(explored.examples.map(({ label }) => Number(label)))).toBeGreaterThan(0.9);
  });

  test("1% is enough too, once there are answers enough", () => {
    expect(shareRight(labels(clicks(0.01, 60, 1000)))).toBeGreaterThan(0.9);
  });

  test("what feedback labelled is tagged, and never taken for a person's work", () => {
    const { examples } = learn(clicks(0.05));
    expect(examples.length).toBeGreaterThan(0);
    for (const { source, split, id, family } of examples)
      expect({ source, split, id: id.slice(0, 2), family }).toEqual({
        source: "feedback",
        split: "train",
        id: "f-",
        family: id,
      });
  });

  test("whatever users say, what people hold out to measure by stays as they made it: nothing is pruned, relabelled or learnt", async () => {
    const people = [
      authored("席がない", "1", "train"),
      authored("職人が来ない", "2", "test"),
      authored("店が開かない", "3", "dev"),
      authored("道に迷う", "1", "contrast"),
    ];
    const texts = [...people.map(({ text }) => text), "だれも書かなかった"];
    const settings = Config.parse({
      preprocess: { minimumExamples: 1, feedback: { maximumShare: 1 } },
      teacher: { url: "http://127.0.0.1:1/v1", unjudged: { most: 100 } },
    });
    const events = fc.array(
      fc.record({
        type: fc.constantFrom(...FeedbackType.options),
        text: fc.constantFrom(...texts),
        id: fc.integer({ min: 1, max: 3 }),
        value: fc.constantFrom(1, -1),
      }),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(events, async (feedback) => {
        const lines = feedback.map(({ type, text, id, value }, at) =>
          JSON.stringify(
            said(at + 1, type, text, { shownId: id, correctId: id, ...(type === "thumb" ? { value } : {}) }),
          ),
        );
        const { artefacts, window } = kept(lines);
        const { bytes, beside } = await preprocess({ artefacts, scratch: "" })({
          ...context(settings),
          input: async (role) =>
            ({ window, keywords: jsonBytes([]), authored: toArrow({ examples: people, classes: CLASSES }) })[
              role
            ] as Uint8Array,
        });
        const { examples } = fromArrow(bytes);
        const heldOut = people.filter(({ split }) => split !== "train");
        expect(examples.filter(({ split }) => split !== "train")).toEqual(heldOut);
        const known = new Set(heldOut.map(({ text }) => text));
        expect(examples.filter(({ source, text }) => source === "feedback" && known.has(text))).toEqual([]);
        // Nor is any of it offered to a teacher; what is, nobody judged.
        const unjudged = UnjudgedQueries.parse(jsonOf(beside?.unjudged?.bytes as Uint8Array));
        const own = new Set([...people, ...examples].map(({ text }) => text));
        expect(unjudged.filter(({ text }) => own.has(text))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

/** A window of one day that holds these lines. */
function kept(lines: readonly string[]) {
  const bytes = new TextEncoder().encode(lines.join("\n"));
  const days = lines.length === 0 ? [] : [{ date: "2026-11-24", sha256: "a".repeat(64), events: lines.length }];
  return { artefacts: { get: async () => bytes } as never, window: jsonBytes({ schema: 1, days }) };
}

const context = (settings: Config): Omit<StageContext, "input"> => ({
  call: {
    ...{ stage: "02:preprocess", activity: "preprocess", asked: {}, inputs: {}, key: "k" },
    settings: { preprocess: settings.preprocess, dictionary: settings.dictionary, teacher: settings.teacher },
  },
  signal: new AbortController().signal,
  report: () => undefined,
});
