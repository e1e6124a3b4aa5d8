import { z } from "zod";
import { LogicalDate } from "#contracts/run.ts";
import { type ReviewedRun, reviewArchitecture, reviewPage } from "#policy/architecture-review.ts";
import { addDays, startOfDate } from "#policy/logical-date.ts";
import type { Dependencies } from "./dependencies.ts";
import { jsonOf, type StageContext, type StageWork } from "./stage.ts";

const Asked = z.object({ date: LogicalDate });
const Settings = z.object({ timezone: z.string() });
const Vectors = z.object({
  original_dim: z.number(),
  optimal_dim: z.number(),
  size_mb: z.number(),
  variance_retained: z.number(),
});

const DAYS = 30;

type Needs = Pick<Dependencies, "artefacts"> & {
  /** Finished runs of these logical dates, both included. */
  runs: (dates: { from: string; to: string }) => Promise<ReviewedRun[]>;
};

/** `08:review`: a page with what grew, what is slow and what is unused, with figures of the month (specification 2.1). */
export const review =
  ({ artefacts, runs }: Needs) =>
  async ({ call, input }: StageContext): Promise<StageWork> => {
    const { date } = Asked.parse(call.asked);
    const { timezone } = Settings.parse(call.settings);
    const from = addDays(date, 1 - DAYS);
    const stored = await artefacts.list();
    const found = reviewArchitecture(
      stored.map(({ manifest, storedAt }) => ({
        ...manifest,
        storedAt,
        parents: manifest.parents.map(({ sha256 }) => sha256),
      })),
      await runs({ from, to: date }),
      // What the run itself made until now belongs to its month.
      { from: startOfDate(from, timezone), to: Number.POSITIVE_INFINITY },
    );
    const dictionary = await artefacts.manifest(call.inputs.dictionary ?? { sha256: "" });
    const vectors = Vectors.parse(jsonOf(await input("vectors")));
    const page = reviewPage(date, found, [
      `Dictionary: ${dictionary.bytes.toLocaleString("en-US")} bytes.`,
      `Vectors: ${vectors.optimal_dim} of ${vectors.original_dim} dimensions hold ${vectors.variance_retained.toFixed(3)} of the variance, ${vectors.size_mb.toFixed(2)} MB.`,
    ]);
    const [slowest] = found.slow;
    const grown = found.grew.reduce((sum, { monthBytes }) => sum + monthBytes, 0);
    const idle = found.unused.reduce((sum, { bytes }) => sum + bytes, 0);
    return {
      kind: "report",
      bytes: new TextEncoder().encode(page),
      metrics: {
        grown_bytes: grown,
        unused_bytes: idle,
        ...(slowest ? { slowest: `${slowest.run} ${slowest.stage}`, slowest_seconds: slowest.median } : {}),
      },
      summary: `${(grown / 1e6).toFixed(1)} MB more in ${DAYS} days, ${(idle / 1e6).toFixed(1)} MB unused${slowest ? `; slowest: ${slowest.run} ${slowest.stage}, ${slowest.median.toFixed(1)} s` : ""}`,
    };
  };
