import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StageState } from "#contracts/run.ts";
import type { Dag, Stage } from "#workflows/dag.ts";
import { dailyDag } from "#workflows/daily-batch.ts";
import { dagPicture } from "./dag-picture.ts";

interface Element {
  name: string;
  attributes: Record<string, string>;
  text: string;
  inside: Element[];
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
function decoded(text: string): string {
  if (/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u.test(text))
    throw new Error("a character that XML does not allow");
  return text.replace(/&([^;]*);?/g, (_whole, name: string) => {
    const character = ENTITIES[name];
    if (character === undefined) throw new Error(`a bare & or an unknown entity ${name}`);
    return character;
  });
}

/** Reads XML of elements, attributes and text; throws where it is not well formed. */
function parseXml(xml: string): Element {
  const TAG = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[a-zA-Z][\w:-]*="[^"<]*")*)\s*(\/?)>/y;
  const top: Element = { name: "", attributes: {}, text: "", inside: [] };
  const open = [top];
  for (let at = 0; at < xml.length; ) {
    const current = open.at(-1) as Element;
    if (xml[at] !== "<") {
      const end = xml.indexOf("<", at);
      const text = xml.slice(at, end === -1 ? undefined : end);
      if (text.includes(">")) throw new Error("a bare >");
      current.text += decoded(text);
      at += text.length;
      continue;
    }
    TAG.lastIndex = at;
    const [whole = "", closes, name = "", attributes = "", empty] = TAG.exec(xml) ?? [];
    if (whole === "") throw new Error(`no tag at ${at}: ${xml.slice(at, at + 40)}`);
    at += whole.length;
    if (closes) {
      if (open.pop()?.name !== name) throw new Error(`${name} is closed but was not open`);
      continue;
    }
    const pairs = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)].map(
      ([, key = "", value = ""]) => [key, decoded(value)] as const,
    );
    if (new Set(pairs.map(([key]) => key)).size !== pairs.length) throw new Error("an attribute stands twice");
    const element: Element = { name, attributes: Object.fromEntries(pairs), text: "", inside: [] };
    current.inside.push(element);
    if (!empty) open.push(element);
  }
  const [root] = top.inside;
  if (open.length !== 1 || root === undefined || top.inside.length !== 1) throw new Error("not one whole element");
  return root;
}

const all = (element: Element, name: string): Element[] =>
  element.inside.flatMap((one) => [...(one.name === name ? [one] : []), ...all(one, name)]);
const arrowsOf = (root: Element): Element[] =>
  all(root, "path").filter(({ attributes }) => attributes["marker-end"] !== undefined);

const stage = (name: string, ...from: string[]): Stage => ({
  name,
  activity: "collect",
  queue: "pipeline",
  retry: "work",
  inputs: Object.fromEntries(from.map((input, index) => [`input${index}`, input])),
  reads: [],
  settings: [],
  produces: "dataset",
  heartbeatSeconds: 30,
  keep: "always",
  summary: () => name,
});

describe("the picture of the daily batch", () => {
  const root = parseXml(dagPicture(dailyDag));
  test("is an SVG with every stage and what it is built from", () => {
    expect(root).toMatchObject({ name: "svg", attributes: { xmlns: "http://www.w3.org/2000/svg" } });
    const texts = all(root, "text").map(({ text }) => text);
    for (const { name } of dailyDag.stages) expect(texts).toContain(name);
    expect(texts).toContain("with authored, keywords");
    expect(texts).toContain("compute → model");
  });
  test("draws each box once, none over another, all within the picture", () => {
    const boxes = all(root, "rect").map(
      ({ attributes }) =>
        ["x", "y", "width", "height"].map((name) => Number(attributes[name])) as [number, number, number, number],
    );
    expect(boxes).toHaveLength(7);
    const [, , width = 0, height = 0] = (root.attributes["viewBox"] ?? "").split(" ").map(Number);
    for (const [x, y, w, h] of boxes) {
      expect(x >= 0 && y >= 0 && x + w <= width && y + h <= height).toBe(true);
      const over = boxes.filter(([x2, y2]) => Math.abs(x - x2) < w && Math.abs(y - y2) < h);
      expect(over).toHaveLength(1);
    }
  });
  test("shows state, seconds and result of a run", () => {
    const figures = [{ name: "03:train", status: "ran" as const, seconds: 12.34, summary: "0.91 top-1" }];
    const texts = all(parseXml(dagPicture(dailyDag, figures)), "text").map(({ text }) => text);
    expect(texts).toContain("ran, 12.3 s");
    expect(texts).toContain("0.91 top-1");
  });
  test("gives every state a colour of its own", () => {
    const states: StageState[] = ["waiting", "running", "ran", "cached", "skipped", "failed"];
    const colours = states.map(
      (status) =>
        all(parseXml(dagPicture({ name: "one", stages: [stage("a")] }, [{ name: "a", status, seconds: 0 }])), "rect")[0]
          ?.attributes["fill"],
    );
    expect(new Set(colours).size).toBe(6);
  });
});

describe("arrows", () => {
  const count = (...stages: Stage[]): number => arrowsOf(parseXml(dagPicture({ name: "d", stages }))).length;
  test("lead from each stage to those that build on it", () => {
    expect(count(stage("a"), stage("b", "a"), stage("c", "a"), stage("d", "b", "c"))).toBe(4);
    expect(arrowsOf(parseXml(dagPicture(dailyDag)))).toHaveLength(7);
  });
  test("that a longer way already implies are left out", () => {
    expect(count(stage("a"), stage("b", "a"), stage("c", "a", "b"))).toBe(2);
  });
  test("are drawn where no other way leads there, over however many columns", () => {
    expect(count(stage("a"), stage("b"), stage("c", "b"), stage("d", "a", "c"))).toBe(3);
  });
  test("are one where a stage reads the same one in two roles", () => {
    expect(count(stage("a"), stage("b", "a", "a"))).toBe(1);
  });
});

describe("any text", () => {
  test("is escaped: the picture stays well formed and says it as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 25 }), fc.string({ maxLength: 29 }), (name, summary) => {
        const one: Dag = { name: "one", stages: [stage(`s${name}`)] };
        const root = parseXml(dagPicture(one, [{ name: `s${name}`, status: "ran", seconds: 1, summary }]));
        const [first, , third] = all(root, "text").map(({ text }) => text);
        expect(first).toBe(
          `s${name}`.replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\ufffd"),
        );
        expect(third).toBe(summary);
      }),
      { numRuns: 300 },
    );
  });
  test("of markup is shown, not obeyed", () => {
    const summary = `<script>"&'`;
    const root = parseXml(dagPicture(dailyDag, [{ name: "03:train", status: "failed", seconds: 0, summary }]));
    expect(all(root, "script")).toEqual([]);
    expect(all(root, "text").map(({ text }) => text)).toContain(summary);
    expect(all(root, "title").map(({ text }) => text)).toContain(`03:train: ${summary}`);
  });
  test("that is too long is cut between characters", () => {
    const root = parseXml(
      dagPicture(dailyDag, [{ name: "03:train", status: "ran", seconds: 0, summary: "😅".repeat(40) }]),
    );
    expect(all(root, "text").map(({ text }) => text)).toContain(`${"😅".repeat(29)}…`);
  });
});
