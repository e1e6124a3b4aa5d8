import { expect, it } from "vitest";
import { flameOf, flamePicture, merged } from "./flame.ts";

const node = (id: number, functionName: string, url = "", children: number[] = []) => ({
  id,
  callFrame: { functionName, url },
  children,
});
const PROFILE = JSON.stringify({
  nodes: [
    node(1, "(root)", "", [2, 3, 6]),
    node(2, "(idle)"),
    node(3, "fit", "file:///somewhere/training/fit.ts", [4, 5]),
    node(4, "step", "file:///somewhere/training/step.ts"),
    node(5, "parse", "file:///somewhere/node_modules/@scope/a/node_modules/zod/lib/index.js"),
    node(6, "fit", "file:///somewhere/training/fit.ts", [7]),
    node(7, "step", "file:///somewhere/training/step.ts"),
  ],
  samples: [2, 3, 4, 5, 7],
  timeDeltas: [9_000_000, 1_000_000, 2_000_000, 500_000, 3_000_000],
});

it("adds up what each call took with what it called, alike ones together, and no rest", () => {
  const { name, seconds, children } = flameOf("compute", PROFILE);
  expect({ name, seconds }).toEqual({ name: "compute", seconds: 6.5 });
  expect(children).toEqual([
    {
      name: "fit · training/fit.ts",
      seconds: 6.5,
      children: [
        { name: "step · training/step.ts", seconds: 5, children: [] },
        { name: "parse · zod", seconds: 0.5, children: [] },
      ],
    },
  ]);
});

it("draws every call as wide as it took, within what called it", () => {
  const flames = merged([flameOf("compute", PROFILE), { name: "a <b>", seconds: 6.5, children: [] }]);
  const svg = flamePicture(flames, "a day");
  const boxes = [...svg.matchAll(/<title>([^<]*):.*?x="([\d.]+)" y="(\d+)" width="([\d.]+)"/gs)].map(
    ([, name, x, y, width]) => ({ name, x: Number(x), y: Number(y), width: Number(width) }),
  );
  expect(boxes.map(({ name }) => name)).toContain("a &#60;b&#62;");
  const of = (name: string) => boxes.find((box) => box.name?.startsWith(name));
  expect(of("compute")?.width).toBeCloseTo(of("a ")?.width ?? 0, 5);
  expect(of("step")?.width).toBeCloseTo(((of("fit")?.width ?? 0) * 5) / 6.5, 0);
  expect((of("step")?.y ?? 0) > (of("fit")?.y ?? 0)).toBe(true);
});
