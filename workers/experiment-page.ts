import type { ExperimentReport } from "#contracts/experiment.ts";
import { escaped, page, table } from "./run-pages.ts";

const share = (rate: { value: number; lo: number; hi: number } | null): string =>
  rate === null
    ? "not measured"
    : `${(100 * rate.value).toFixed(1)}% (${(100 * rate.lo).toFixed(1)}-${(100 * rate.hi).toFixed(1)})`;
const figure = (value: number | null): string => (value === null ? "not measured" : value.toFixed(4));

/** An experiment's arms as rows of text: name, users, judged answers, accuracy, conversion, latency. */
export const armRows = ({ arms }: ExperimentReport): string[][] =>
  arms.map(({ name, users, judged, accuracy, conversion, latency_p50 }) => [
    name,
    String(users),
    String(judged),
    share(accuracy),
    share(conversion),
    latency_p50 === null ? "not measured" : `${latency_p50.toFixed(0)} ms`,
  ]);
export const ARM_HEAD = ["arm", "users", "judged", "accuracy", "conversion", "latency_p50"];

/** Each variant against the control as rows of text. */
export const variantRows = ({ variants }: ExperimentReport): string[][] =>
  variants.map(({ arm, effect, interval, pValue, kind }) => [
    arm,
    figure(effect),
    interval === null ? "not measured" : `${interval.lower.toFixed(4)} to ${interval.upper.toFixed(4)}`,
    `${figure(pValue)} (${kind})`,
  ]);
export const VARIANT_HEAD = ["variant", "effect on accuracy", "interval", "p-value"];

/** What was decided, in a sentence. */
export const decided = ({ decision, srm, days }: ExperimentReport): string =>
  `After ${days.toFixed(1)} days: ${decision.action}${decision.arm ? ` ${decision.arm}` : ""}, ${decision.reason}. Split of users: p ${figure(srm.pValue)} (fixed-n), ${srm.healthy ? "healthy" : "not shown to be healthy"}.`;

/** A report as a page of its own. */
export const experimentPage = (report: ExperimentReport): string =>
  page({
    title: `Experiment ${report.name}`,
    refresh: undefined,
    body: [
      `<p>${escaped(decided(report))}</p>`,
      table(
        ARM_HEAD,
        armRows(report).map((row) => row.map(escaped)),
      ),
      "<h2>Against the control</h2>",
      table(
        VARIANT_HEAD,
        variantRows(report).map((row) => row.map(escaped)),
      ),
      "<p>Users who gave feedback are counted. An early effect is exaggerated: measure it again on a week that was held out.</p>",
    ].join("\n"),
  });
