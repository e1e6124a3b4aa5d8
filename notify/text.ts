import type { Notification } from "#contracts/notification.ts";

/** One line for a subject or a list: what it is, whether it is over. */
export const titleOf = ({ status, level, title }: Notification): string =>
  `${status === "resolved" ? "Resolved" : level === "critical" ? "Critical" : level === "warning" ? "Warning" : "Note"}: ${title}`;

/** What is wrong or what the week was like, what was done, and where it says what to do, in plain lines. */
export function linesOf({ alerts, done, report }: Notification): string[] {
  return [
    ...(report?.lines ?? []),
    ...alerts.flatMap(({ name, summary, firedAt, resolvedAt, value, runbook }) => [
      `${name}${value === null ? "" : ` (${Number(value.toPrecision(4))})`}: ${summary}`,
      `  since ${instant(firedAt)}${resolvedAt === null ? "" : `, over at ${instant(resolvedAt)}`}. What to do: ${runbook}`,
    ]),
    ...(done.length === 0 ? [] : ["Done already:", ...done.map((step) => `- ${step}`)]),
  ];
}

const instant = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
