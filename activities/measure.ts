import type { Sample, Samples } from "#contracts/alert.ts";
import type { AnalyticsAnswer } from "#contracts/analytics.ts";
import type { Dependencies } from "./dependencies.ts";
import { named } from "./failure.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Windows of burn rates (`policy/alerts/rules.ts`). */
const WINDOWS: Readonly<Record<string, number>> = {
  "5m": 5 * MINUTE,
  "30m": 30 * MINUTE,
  "1h": HOUR,
  "2h": 2 * HOUR,
  "6h": 6 * HOUR,
  "1d": DAY,
  "3d": 3 * DAY,
};

const share = (part: number, of: number): Sample => ({ value: of > 0 ? part / of : 0, n: of });
const sumOf = (answer: AnalyticsAnswer, path?: string): number =>
  answer.rows.filter(({ group }) => path === undefined || group.path === path).reduce((all, { sum }) => all + sum, 0);

/** What the edge counted, as far as rules need it. A metric that cannot be measured is not there. */
export const measure =
  ({ edge, now }: Pick<Dependencies, "edge" | "now">) =>
  (): Promise<Samples> =>
    named(async () => {
      const to = now();
      const during = (metric: "errors" | "answers" | "fallbacks" | "cache_hits", ms: number) =>
        edge.analytics({ metric, from: to - ms, to, groupBy: metric === "answers" ? ["path"] : [] });
      const rate = async (ms: number) => {
        const [errors, answers] = await Promise.all([during("errors", ms), during("answers", ms)]);
        const failed = sumOf(errors);
        return { bad: failed + sumOf(answers, "prior"), of: failed + sumOf(answers), answers };
      };
      const rates = await Promise.all(
        Object.entries(WINDOWS).map(async ([name, ms]) => [name, await rate(ms)] as const),
      );
      const hour = rates.find(([name]) => name === "1h")?.[1];
      const [fallbacks, hits] = await Promise.all([during("fallbacks", HOUR), during("cache_hits", HOUR)]);
      const lookups = hits.rows.reduce((all, { count }) => all + count, 0);
      return {
        ...Object.fromEntries(
          rates.flatMap(([name, { bad, of }]) => [
            [`error_rate_${name}`, share(bad, of)],
            [`errors_${name}`, { value: bad, n: of }],
          ]),
        ),
        ...(hour
          ? {
              error_rate: share(hour.bad, hour.of),
              fallback_rate: share(sumOf(fallbacks), sumOf(hour.answers)),
            }
          : {}),
        cache_hit_rate: share(sumOf(hits), lookups),
      };
    });
