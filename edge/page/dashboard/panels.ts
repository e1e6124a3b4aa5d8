import type { Pointer } from "#contracts/pointer.ts";
import type {
  AccuracyAnswer,
  AuditAnswer,
  OperationsStatus,
  PublishedOperations,
  PublishedRelease,
} from "#contracts/status.ts";
import { make } from "../shared/dom.ts";
import { badge, bar, type Formats, facts, interval, none, table } from "./parts.ts";
import type { Words } from "./words.ts";

const digest = (sha256: string): HTMLElement => make("code", { textContent: sha256.slice(0, 12), title: sha256 });

const evidenceText = (value: unknown, { number }: Formats): string =>
  typeof value === "number"
    ? Math.abs(value) < 0.1 && value !== 0
      ? value.toPrecision(3)
      : number(value)
    : typeof value === "object" && value !== null
      ? JSON.stringify(value)
      : String(value);

/** The rollout as it was published: how far it is, when it looks next, and on what the last verdict rests. */
export function releasePanel({ status }: PublishedRelease, words: Words, f: Formats): HTMLElement[] {
  if (status === null) return [none(words.noRelease)];
  const { stage, share, since, nextLook, verdict, history } = status;
  const steps = make("div", { className: "steps" }, bar(share));
  const parts = [
    steps,
    facts([
      [words.stage, badge(stage)],
      [words.share, f.share(share)],
      ...(since === null ? [] : [[words.since, f.time(since)] as const]),
      ...(nextLook === null ? [] : [[words.nextLook, f.time(nextLook)] as const]),
      ...(verdict === null
        ? []
        : [[words.verdict, make("span", {}, badge(verdict.action, verdict.action), " ", verdict.reason)] as const]),
    ]),
  ];
  const evidence = Object.entries(verdict?.evidence ?? {});
  if (evidence.length > 0) {
    const rows = evidence.map(([name, value]) => [make("code", { textContent: name }), evidenceText(value, f)]);
    parts.push(
      make("details", {}, make("summary", { textContent: words.evidence }), table([words.evidence, ""], rows, [1])),
    );
  }
  if (history.length > 0) {
    const rows = [...history]
      .reverse()
      .map(({ at, what, person, reason }) => [f.time(at), [what, person, reason].filter(Boolean).join(" · ")]);
    parts.push(make("details", {}, make("summary", { textContent: words.history }), table([words.time, ""], rows)));
  }
  return parts;
}

/** Each arm's share of right answers among those that somebody judged, with n and interval. */
export function accuracyPanel({ arms, events, users }: AccuracyAnswer, words: Words, f: Formats): HTMLElement[] {
  const told = make("p", { className: "faint", textContent: words.events(f.number(events), f.number(users)) });
  if (arms.length === 0) return [none(words.noJudged), told];
  const rows = arms.map(({ bucket, model, judged, top1 }) => [
    make("span", {}, bucket, " ", digest(model)),
    interval(top1),
    make("span", {}, f.share(top1.value), make("small", { textContent: ` ${f.share(top1.lo)}–${f.share(top1.hi)}` })),
    f.number(judged),
  ]);
  return [table([words.bucket, words.interval, "top-1", words.judged], rows, [2, 3]), told];
}

export const openIncidents = ({ incidents }: OperationsStatus) => incidents.filter(({ closed }) => closed == null);

export function watchPanel({ status, at }: PublishedOperations, words: Words, f: Formats): HTMLElement[] {
  if (status === null) return [none(words.noStatus)];
  const alerts = status.alerts.map(({ name, level, since, value, limit, message }) => {
    const measured = value == null ? "" : `${f.number(value)}${limit == null ? "" : ` / ${f.number(limit)}`}`;
    return make(
      "li",
      {},
      badge(level, level),
      make("b", { textContent: name }),
      measured,
      make("small", { textContent: [message, f.time(since)].filter(Boolean).join(" · ") }),
    );
  });
  const incidents = openIncidents(status).map(({ id, level, cause, opened, acknowledged }) =>
    make(
      "li",
      {},
      badge(`${words.level} ${level}`, level === 3 ? "critical" : level === 2 ? "warning" : ""),
      make("b", { textContent: cause }),
      make("small", {
        textContent: `${id} · ${f.time(opened)} · ${acknowledged == null ? words.unanswered : words.answered(f.time(acknowledged))}`,
      }),
    ),
  );
  const told = make("p", { className: "faint", textContent: words.updated(f.time(at)) });
  if (alerts.length + incidents.length === 0) return [none(words.noAlerts), told];
  return [make("ul", { className: "list" }, ...alerts, ...incidents), told];
}

/** Which models the pointer names, for what, and for which share of users. */
export function modelsPanel(pointer: Pointer | undefined, words: Words, f: Formats): HTMLElement[] {
  if (pointer === undefined) return [none(words.noModels)];
  const { current, canary, previous, experiments, epoch } = pointer;
  const part = (basisPoints: number) => f.share(basisPoints / 10_000);
  const rows = [
    ["current", current.version, digest(current.sha256), part(10_000 - (canary?.basisPoints ?? 0))],
    ...(canary ? [["canary", canary.version, digest(canary.sha256), part(canary.basisPoints)]] : []),
    ...(previous ? [["previous", previous.version, digest(previous.sha256), "–"]] : []),
    ...experiments.flatMap(({ name, arms }) =>
      arms.map((arm) => [`${name}/${arm.name}`, "–", digest(arm.sha256), part(arm.basisPoints)]),
    ),
  ];
  return [
    table([words.role, words.version, words.model, words.share], rows, [3]),
    make("p", { className: "faint", textContent: `epoch ${epoch}` }),
  ];
}

export function auditPanel({ actions }: AuditAnswer, words: Words, f: Formats): HTMLElement[] {
  if (actions.length === 0) return [none(words.noAudit)];
  const rows = actions
    .slice(0, 12)
    .map(({ at, operator, action, status }) => [
      f.time(at),
      operator,
      make("code", { textContent: action }),
      make("span", { className: status !== null && status < 400 ? "" : "bad", textContent: String(status ?? "?") }),
    ]);
  return [table([words.time, words.operator, words.action, ""], rows, [3])];
}

/** Counts by name as bars, the largest first. */
export function countsPanel(
  counts: ReadonlyMap<string, number>,
  head: string,
  words: Words,
  f: Formats,
): HTMLElement[] {
  const all = [...counts].filter(([, n]) => n > 0).sort(([, a], [, b]) => b - a);
  const total = all.reduce((sum, [, n]) => sum + n, 0);
  if (total === 0) return [none(words.noTraffic)];
  const rows = all.map(([name, n]) => [name, bar(n / total), `${f.share(n / total)}`, f.short(n)]);
  return [table([head, "", words.share, words.answers], rows, [2, 3])];
}
