import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Manifest } from "#contracts/manifest.ts";
import { lineageOf } from "./lineage.ts";

const digest = (index: number) => index.toString(16).padStart(64, "0");
const made = (sha256: string, kind: Manifest["kind"], parents: Record<string, string>): Manifest => ({
  schema: 1,
  kind,
  sha256,
  bytes: 1,
  producedBy: `made ${kind}`,
  parents: Object.entries(parents).map(([name, parent]) => ({ name, sha256: parent })),
  codeDigest: "",
  configDigest: "",
  metrics: {},
});

const [events, authored, dataset, model, shipped, decision, other] = [1, 2, 3, 4, 5, 6, 7].map(digest) as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];
const DAY = [
  made(events, "events", {}),
  made(dataset, "dataset", { events, authored }),
  made(model, "model", { dataset }),
  made(shipped, "model", { model, dataset }),
  made(decision, "decision", { model: shipped, original: model, dataset }),
  made(other, "evaluation", { dataset }),
];

describe("lineageOf", () => {
  it("goes up to what a model was made from, and down to what was made from it, and no further", () => {
    const { nodes, edges } = lineageOf(DAY, shipped);
    const kinds = Object.fromEntries(nodes.map(({ sha256, kind }) => [sha256, kind]));
    expect(kinds).toEqual({
      [shipped]: "model",
      [model]: "model",
      [dataset]: "dataset",
      [events]: "events",
      // Named as a parent, and no longer here.
      [authored]: "missing",
      [decision]: "decision",
    });
    expect(edges).toContainEqual({ from: dataset, to: model, role: "dataset" });
    expect(edges).toContainEqual({ from: shipped, to: decision, role: "model" });
    expect(nodes.map(({ sha256 }) => sha256)).not.toContain(other);
  });

  it("names each artefact and each edge once, and every end of an edge", () => {
    const graph = fc
      .array(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 40 })
      .map((pairs) =>
        Array.from({ length: 12 }, (_, index) =>
          made(
            digest(index),
            "dataset",
            Object.fromEntries(pairs.filter(([, to]) => to === index).map(([from]) => [`from ${from}`, digest(from)])),
          ),
        ),
      );
    fc.assert(
      fc.property(graph, fc.nat(11), (manifests, start) => {
        const { nodes, edges } = lineageOf(manifests, digest(start));
        const named = new Set(nodes.map(({ sha256 }) => sha256));
        expect(named.size).toBe(nodes.length);
        expect(named.has(digest(start))).toBe(true);
        for (const { from, to } of edges) expect(named.has(from) && named.has(to)).toBe(true);
        expect(nodes.some(({ kind }) => kind === "missing")).toBe(false);
      }),
    );
  });
});
