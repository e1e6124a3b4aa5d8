import type { Manifest } from "#contracts/manifest.ts";

export interface LineageNode {
  sha256: string;
  /** `missing` where something names it as a parent and no manifest is here. */
  kind: Manifest["kind"] | "missing";
  /** The stage or command that made it. */
  producedBy: string;
}

/** `to` was made from `from`, which had this part in it. */
export interface LineageEdge {
  from: string;
  to: string;
  role: string;
}

export interface Lineage {
  nodes: LineageNode[];
  edges: LineageEdge[];
}

/**
 * Everything that an artefact was made from, and everything that was made from it, by the parents in the manifests. What its
 * descendants were made of besides is left out.
 */
export function lineageOf(manifests: readonly Manifest[], sha256: string): Lineage {
  const edges = manifests.flatMap((manifest) =>
    manifest.parents.map(({ name, sha256: parent }) => ({ from: parent, to: manifest.sha256, role: name })),
  );
  const up = walk(sha256, (at) => edges.filter(({ to }) => to === at), "from");
  const down = walk(sha256, (at) => edges.filter(({ from }) => from === at), "to");
  const made = new Map(manifests.map((manifest) => [manifest.sha256, manifest]));
  return {
    nodes: [...new Set([sha256, ...up.reached, ...down.reached])].map((digest) => {
      const manifest = made.get(digest);
      return { sha256: digest, kind: manifest?.kind ?? "missing", producedBy: manifest?.producedBy ?? "" };
    }),
    edges: [...up.edges, ...down.edges],
  };
}

function walk(
  start: string,
  next: (at: string) => LineageEdge[],
  end: "from" | "to",
): { reached: string[]; edges: LineageEdge[] } {
  const reached = new Set([start]);
  const edges: LineageEdge[] = [];
  for (const at of reached) {
    for (const edge of next(at)) {
      edges.push(edge);
      reached.add(edge[end]);
    }
  }
  reached.delete(start);
  return { reached: [...reached], edges };
}
