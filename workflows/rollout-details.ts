import type { Rollout, RolloutLook } from "#contracts/rollout.ts";
import type { ReleaseStatus } from "#contracts/status.ts";
import { isOver, placeOf, shareName } from "#policy/rollout.ts";

const HEAD =
  "| at (UTC)\u2003\u2003 | share\u2003 | verdict\u2003\u2003 | canary\u2003\u2003 | stable\u2003\u2003 | labelled pairs |";

const at = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace("T", " ");
const arm = ({ users, usersWithError }: RolloutLook["canary"]): string => `${usersWithError} of ${users}`;
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** A rollout's current details in the Temporal UI: where it stands, its last looks (users with errors of users), what happened. */
export function rolloutDetails(rollout: Rollout): string {
  const { candidate, state, stage, verdict, nextLook, looks, history, waiting, rolledBack } = rollout;
  const rows = looks
    .slice(-5)
    .map(
      (look) =>
        `| ${at(look.at)} | ${shareName(look.share)} | ${look.action}, ${look.reason} | ${arm(look.canary)} | ${arm(look.stable)} | ${look.pairs} |`,
    );
  const happened = history
    .slice(-8)
    .map(
      ({ at: when, what, person, reason }) =>
        `- ${at(when)} ${cell(what)}${person ? ` by ${cell(person)}: ${cell(reason ?? "")}` : ""}`,
    );
  return [
    `**${cell(candidate.version)}** (${candidate.sha256.slice(0, 12)}): ${state}${stage ? ` ${placeOf(stage.share)} since ${at(stage.since)}` : ""}.`,
    verdict ? `Verdict: **${verdict.action}** (${verdict.reason}).` : "",
    nextLook ? `Next look: ${at(nextLook)}.` : "",
    rolledBack
      ? `Went back to ${rolledBack.sha256.slice(0, 12)} in ${rolledBack.seconds.toFixed(2)} s, confirmed ${rolledBack.looks} times.`
      : "",
    waiting ? `Waiting: ${cell(waiting.version)}.` : "",
    ...(rows.length > 0 ? ["", HEAD, "|:---|:---|:---|:---|:---|:---|", ...rows] : []),
    "",
    ...happened,
  ]
    .filter((line, index, all) => line !== "" || all[index - 1] !== "")
    .join("\n");
}

/** What the edge's dashboard is told. */
export const statusOf = ({ state, stage, nextLook, verdict, history }: Rollout): ReleaseStatus => ({
  stage: stage?.share === 0 && !isOver({ state }) ? `shadow, ${state}` : state,
  share: stage?.share ?? 0,
  since: stage?.since ?? null,
  nextLook: nextLook ?? null,
  verdict: verdict ?? null,
  history: history.slice(-20),
});
