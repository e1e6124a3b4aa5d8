import { z } from "zod";

/** V8's CPU profile (`node --cpu-prof`): a tree of calls, and which of them was at work at each sample; deltas in µs. */
const CpuProfile = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string() }),
      children: z.array(z.number()).optional(),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});
type CpuProfile = z.infer<typeof CpuProfile>;

/** Where time went: a call with all that it called, alike calls as one. */
export interface Flame {
  name: string;
  /** On the clock, with what it called: more than CPU time where others want the processor too; the shares are alike. */
  seconds: number;
  children: Flame[];
}

/** Nobody worked then. */
const RESTING = new Set(["(idle)", "(root)"]);

/** The file of a call as one would look it up: a room's file, a package, a part of Node. */
function fileOf(url: string): string {
  const packaged = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url.slice(url.lastIndexOf("node_modules")));
  if (packaged) return packaged[1] ?? "";
  return url.startsWith("node:") ? url : (/([^/]+\/[^/]+)$/.exec(url)?.[1] ?? url);
}

const nameOf = ({ functionName, url }: CpuProfile["nodes"][number]["callFrame"]): string =>
  `${functionName || "(anonymous)"}${url ? ` · ${fileOf(url)}` : ""}`;

/** A profile's calls below one named frame. @param text of a `.cpuprofile` */
export function flameOf(name: string, text: string): Flame {
  const { nodes, samples, timeDeltas } = CpuProfile.parse(JSON.parse(text));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const self = new Map<number, number>();
  samples.forEach((id, at) => {
    self.set(id, (self.get(id) ?? 0) + Math.max(0, timeDeltas[at] ?? 0) / 1e6);
  });
  const below = (node: CpuProfile["nodes"][number]): Flame => {
    const children = (node.children ?? []).flatMap((id) => byId.get(id) ?? []).map(below);
    const own = RESTING.has(node.callFrame.functionName) ? 0 : (self.get(node.id) ?? 0);
    const called = children.reduce((sum, { seconds }) => sum + seconds, 0);
    return { name: nameOf(node.callFrame), seconds: own + called, children };
  };
  const [root] = nodes;
  const whole = root ? below(root) : { seconds: 0, children: [] };
  return { name, seconds: whole.seconds, children: merged(whole.children) };
}

/** Alike calls beside each other as one, the longest first. */
export function merged(flames: readonly Flame[]): Flame[] {
  return [...Map.groupBy(flames, ({ name }) => name)]
    .map(([name, alike]) => ({
      name,
      seconds: alike.reduce((sum, { seconds }) => sum + seconds, 0),
      children: merged(alike.flatMap(({ children }) => children)),
    }))
    .filter(({ seconds }) => seconds > 0)
    .sort((a, b) => b.seconds - a.seconds);
}

const WIDTH = 1400;
const ROW = 18;
const TOP = 44;
/** What is narrower is not drawn. */
const NARROWEST = 2;
const LETTER = 6.3;

const escaped = (text: string): string => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** By where the code is from: this project's, a package's, Node's and the machine's. */
function colourOf(name: string, depth: number): string {
  if (depth === 0) return "#c9bda6";
  const [, file] = name.split(" · ");
  if (file === undefined || file.startsWith("node:")) return "#d9d6cf";
  return file.endsWith(".ts") ? "#d98c6c" : "#9dbccd";
}

/** Calls as an SVG: what called is above, as wide as it was at work; a tooltip tells seconds. */
export function flamePicture(flames: readonly Flame[], title: string): string {
  const total = flames.reduce((sum, { seconds }) => sum + seconds, 0);
  const boxes: string[] = [];
  let deepest = 0;
  const draw = (row: readonly Flame[], from: number, depth: number): void => {
    let x = from;
    for (const { name, seconds, children } of row) {
      const width = (seconds / total) * WIDTH;
      if (width >= NARROWEST) {
        deepest = Math.max(deepest, depth);
        const y = TOP + depth * ROW;
        const letters = Math.floor((width - 8) / LETTER);
        const label = name.length > letters ? name.slice(0, Math.max(0, letters - 1)) : name;
        boxes.push(
          `<g><title>${escaped(name)}: ${seconds.toFixed(2)} s, ${((100 * seconds) / total).toFixed(1)}%</title>`,
          `<rect x="${x.toFixed(1)}" y="${y}" width="${(width - 0.5).toFixed(1)}" height="${ROW - 1}" rx="2" fill="${colourOf(name, depth)}"/>`,
          letters > 3 ? `<text x="${(x + 4).toFixed(1)}" y="${y + 13}">${escaped(label)}</text></g>` : "</g>",
        );
        draw(children, x, depth + 1);
      }
      x += width;
    }
  };
  draw(flames, 0, 0);
  const height = TOP + (deepest + 1) * ROW + 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}" font-family="ui-monospace, Menlo, monospace" font-size="10.5" fill="#26221c">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="8" y="26" font-size="15" font-family="sans-serif">${escaped(title)}</text>`,
    ...boxes,
    "</svg>",
  ].join("\n");
}
