import type { AlertAction, AlertEpisode, AlertRule, Samples } from "#contracts/alert.ts";
import type { NotifyConfig } from "#contracts/config.ts";
import type { Incident, IncidentLevel } from "#contracts/incident.ts";
import type { Notification } from "#contracts/notification.ts";
import type { Act, Addressed, CallingSettings, WatchPlan } from "#contracts/watch.ts";
import { incidentLevelOf } from "../incidents.ts";
import type { Looked } from "./look.ts";
import { episodeId } from "./notification.ts";

/** Channels that these actions are routed to, each once. */
const channelsOf = (actions: readonly AlertAction[], routes: NotifyConfig["routes"]): string[] => [
  ...new Set(actions.flatMap((action) => routes[action] ?? [])),
];

/** What follows from a look: messages by group, incidents that begin or are over, what is asked to be done without people. */
export function planOf(
  { after, missing, gap, begun, ended, news }: Looked,
  rules: readonly AlertRule[],
  samples: Samples,
  settings: CallingSettings,
): Omit<WatchPlan, "again"> {
  const ruleOf = (name: string): AlertRule | undefined => rules.find((rule) => rule.name === name);
  const measuredOf = (name: string): number | null => samples[ruleOf(name)?.metric ?? ""]?.value ?? null;
  const alerts = (episodes: readonly AlertEpisode[]) =>
    episodes.map(({ rule, firedAt, resolvedAt }) => ({
      name: rule,
      summary: ruleOf(rule)?.summary ?? rule,
      firedAt,
      resolvedAt,
      value: measuredOf(rule),
      runbook: `${settings.runbook}#${rule}`,
    }));
  const asked = (action: AlertAction): Act[] =>
    begun
      .filter(({ rule }) => ruleOf(rule)?.actions.includes(action))
      .map((episode) => ({ episode: episodeId(episode), rule: episode.rule, value: measuredOf(episode.rule) }));
  const actionsOf = (episodes: readonly AlertEpisode[]) => episodes.flatMap(({ rule }) => ruleOf(rule)?.actions ?? []);
  const open = after.episodes.filter(({ resolvedAt }) => resolvedAt === null);
  return {
    at: after.at,
    missing,
    gap,
    well: missing.length === 0 && gap === null && open.every(({ group }) => group !== "critical"),
    rollbacks: asked("auto_rollback"),
    retrains: asked("emergency_retrain"),
    open: begun.flatMap((episode): Incident[] => {
      const level = incidentLevelOf(episode.rule);
      if (level === undefined) return [];
      const { rule, firedAt } = episode;
      const what = `${ruleOf(rule)?.summary ?? rule} Measured: ${measuredOf(rule) ?? "nothing"}.`;
      return [
        {
          id: `${rule}-${firedAt}`,
          level,
          cause: rule,
          opened: firedAt,
          byAlert: true,
          timeline: [{ at: firedAt, what }],
        },
      ];
    }),
    recovered: ended.map(({ episode, proof }) => ({ cause: episode.rule, proof })),
    messages: news.map(({ group, firing, resolved }): Addressed => {
      const told = firing.length > 0 ? firing : resolved;
      return {
        notification: {
          id: `alerts-${group}-${after.at}`,
          key: `alerts-${group}`,
          level: group,
          status: firing.length > 0 ? "firing" : "resolved",
          title: [...new Set(told.map(({ rule }) => rule))].join(", "),
          done: [],
          alerts: alerts([...firing, ...resolved]),
          at: after.at,
        },
        channels: channelsOf(actionsOf([...firing, ...resolved]), settings.routes),
      };
    }),
    status: open.map(({ rule, group, firedAt }) => ({
      name: rule,
      level: group,
      since: firedAt,
      value: measuredOf(rule),
      limit: ruleOf(rule)?.threshold ?? null,
      message: ruleOf(rule)?.summary ?? "",
    })),
    settings,
  };
}

/** What an incident of a level asks for (specification 8.1): an on-call person, Slack, or a ticket. */
const CALLS: Readonly<Record<IncidentLevel, { group: Notification["level"]; actions: AlertAction[] }>> = {
  1: { group: "info", actions: ["create_ticket"] },
  2: { group: "warning", actions: ["send_slack", "create_ticket"] },
  3: { group: "critical", actions: ["page_oncall", "create_incident"] },
};

/** A message about an incident; `call` says which, and what it is about. One that nobody answered goes to the on-call person as well. */
export function incidentMessage(
  incident: Incident,
  call: { name: string; status: Notification["status"]; what: string; at: number },
  settings: CallingSettings,
): Addressed {
  const { id, cause, level, opened, closed, escalated } = incident;
  const { group, actions } = CALLS[level];
  return {
    notification: {
      id: `${id}-${call.name}`.slice(0, 200),
      key: id.slice(0, 200),
      level: group,
      status: call.status,
      title: `incident of level ${level}: ${cause}`,
      done: [],
      alerts: [
        {
          name: cause,
          summary: call.what,
          firedAt: opened,
          resolvedAt: closed?.at ?? null,
          value: closed?.proof?.value ?? null,
          runbook: `${settings.runbook}#${cause}`,
        },
      ],
      at: call.at,
    },
    channels: channelsOf([...actions, ...(escalated ? (["page_oncall"] as const) : [])], settings.routes),
  };
}
