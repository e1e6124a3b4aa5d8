/** An artefact as far as the review looks at it. */
export interface HeldArtefact {
  kind: string;
  bytes: number;
  sha256: string;
  /** When its bytes were put, ms since 1970; undefined where they were taken away. */
  storedAt: number | undefined;
  parents: readonly string[];
}

/** A finished run as far as the review looks at it. */
export interface ReviewedRun {
  kind: string;
  stages: readonly { name: string; seconds: number }[];
}

export interface ArchitectureReview {
  /** By kind of artefact: what lies there, and how much of it came in the month. */
  grew: { kind: string; artefacts: number; bytes: number; monthArtefacts: number; monthBytes: number }[];
  /** By kind of run and stage, slowest first: the median and the longest of the month. */
  slow: { run: string; stage: string; runs: number; median: number; longest: number }[];
  /** By kind of artefact: bytes that lie there and that nothing was made from since, older than a month. */
  unused: { kind: string; artefacts: number; bytes: number }[];
}

/** Kinds that are ends in themselves: nothing is made from them, and they are used all the same. */
const ENDS = new Set(["release", "decision", "evaluation", "report", "blessing"]);

/**
 * What the monthly review of the architecture (specification 2.1) is told: counted, nothing judged.
 *
 * @param month its beginning and end, ms since 1970
 */
export function reviewArchitecture(
  artefacts: readonly HeldArtefact[],
  runs: readonly ReviewedRun[],
  month: { from: number; to: number },
): ArchitectureReview {
  const held = artefacts.filter(({ storedAt }) => storedAt !== undefined);
  const sum = (of: readonly HeldArtefact[]): number => of.reduce((total, { bytes }) => total + bytes, 0);
  const grew = [...Map.groupBy(held, ({ kind }) => kind)].map(([kind, of]) => {
    const young = of.filter(({ storedAt = 0 }) => storedAt >= month.from && storedAt < month.to);
    return { kind, artefacts: of.length, bytes: sum(of), monthArtefacts: young.length, monthBytes: sum(young) };
  });
  const timed = runs.flatMap(({ kind, stages }) =>
    stages.flatMap(({ name, seconds }) =>
      seconds > 0 ? [{ key: `${kind} ${name}`, run: kind, stage: name, seconds }] : [],
    ),
  );
  const slow = [...Map.groupBy(timed, ({ key }) => key).values()].map((of) => {
    const sorted = of.map(({ seconds }) => seconds).sort((a, b) => a - b);
    const { run, stage } = of[0] as (typeof of)[number];
    return {
      run,
      stage,
      runs: of.length,
      median: sorted[sorted.length >> 1] as number,
      longest: sorted.at(-1) as number,
    };
  });
  const parents = new Set(artefacts.flatMap((one) => one.parents));
  const idle = held.filter(
    ({ kind, sha256, storedAt = 0 }) => storedAt < month.from && !ENDS.has(kind) && !parents.has(sha256),
  );
  const unused = [...Map.groupBy(idle, ({ kind }) => kind)].map(([kind, of]) => ({
    kind,
    artefacts: of.length,
    bytes: sum(of),
  }));
  return {
    grew: grew.sort((a, b) => b.monthBytes - a.monthBytes || (a.kind < b.kind ? -1 : 1)),
    slow: slow.sort((a, b) => b.median - a.median || (a.stage < b.stage ? -1 : 1)),
    unused: unused.sort((a, b) => b.bytes - a.bytes || (a.kind < b.kind ? -1 : 1)),
  };
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const rows = (head: readonly string[], cells: readonly (readonly (string | number)[])[]): string[] =>
  cells.length === 0 ? ["Nothing."] : [head, head.map(() => "---"), ...cells].map((row) => `| ${row.join(" | ")} |`);

/** The review as a page in Markdown. */
export function reviewPage(date: string, { grew, slow, unused }: ArchitectureReview, notes: readonly string[]): string {
  return [
    `# Review of ${date.slice(0, 7)}`,
    ...notes.map((note) => `- ${note}`),
    "",
    "## What grew",
    ...rows(
      ["kind", "artefacts", "size", "of it new", "size"],
      grew.map((one) => [one.kind, one.artefacts, megabytes(one.bytes), one.monthArtefacts, megabytes(one.monthBytes)]),
    ),
    "",
    "## What is slow",
    ...rows(
      ["run", "stage", "runs", "median, s", "longest, s"],
      slow.map((one) => [one.run, one.stage, one.runs, one.median.toFixed(1), one.longest.toFixed(1)]),
    ),
    "",
    "## What is unused",
    ...rows(
      ["kind", "artefacts", "size"],
      unused.map((one) => [one.kind, one.artefacts, megabytes(one.bytes)]),
    ),
    "",
  ].join("\n");
}
