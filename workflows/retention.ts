import { setCurrentDetails } from "@temporalio/workflow";
import type { RetentionReport } from "#contracts/retention.ts";
import { errand, HEARTBEAT } from "./errand.ts";

/** Packing a long log takes minutes; it beats meanwhile. */
const LONGEST = 30 * 60_000;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function others({ remove, bytes, byKind, heldBy }: RetentionReport["artefacts"]): string {
  if (heldBy.length > 0) return `wait for ${heldBy.join(", ")}`;
  const kinds = Object.entries(byKind).map(([kind, n]) => `${n} ${kind}`);
  return remove === 0 ? "none is old and unneeded" : `${remove} go, ${megabytes(bytes)}: ${kinds.join(", ")}`;
}

function details({ done, models, artefacts, logs, events, superseded }: RetentionReport): string {
  return [
    done ? "Done." : "Planned; nothing was touched yet.",
    `- Models: ${models.keep.length} stay, ${models.remove.length} go${models.remove.length > 0 ? `: ${models.remove.map((sha256) => sha256.slice(0, 12)).join(", ")}` : ""}`,
    `- Other artefacts: ${others(artefacts)}`,
    `- Log files: ${logs.length === 0 ? "none is old" : logs.map(({ name }) => name).join(", ")}`,
    `- Events: ${events.segments} segments of ${events.lines} lines, ${megabytes(events.bytes)}${events.packedBytes === undefined ? "" : `, packed to ${megabytes(events.packedBytes)}, ${events.erased} deleted by users`}`,
    `- Partitions that others took the place of: ${superseded}`,
  ].join("\n");
}

/** Plans what goes (specification 5.1), shows it, and then, unless only the plan was asked for, does it. */
export async function retention({ plan = false }: { plan?: boolean } = {}): Promise<RetentionReport> {
  const limits = { startToCloseTimeout: LONGEST, heartbeatTimeout: HEARTBEAT } as const;
  const planned = await errand({ summary: "what is to go?", activityId: "plan", ...limits }).retain({ plan: true });
  setCurrentDetails(details(planned));
  if (plan) return planned;
  const done = await errand({ summary: "remove and pack", activityId: "retain", ...limits }).retain({ plan: false });
  setCurrentDetails(details(done));
  return done;
}
