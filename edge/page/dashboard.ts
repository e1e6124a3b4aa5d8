import type { Language } from "#contracts/event.ts";
import type { Pointer } from "#contracts/pointer.ts";
import type { AccuracyAnswer, AuditAnswer, PublishedOperations, PublishedRelease } from "#contracts/status.ts";
import { createStack } from "./dashboard/chart.ts";
import { byLabel, grown, type Metrics, parseMetrics, sum } from "./dashboard/metrics.ts";
import {
  accuracyPanel,
  auditPanel,
  countsPanel,
  modelsPanel,
  openIncidents,
  releasePanel,
  watchPanel,
} from "./dashboard/panels.ts";
import { bar, formats } from "./dashboard/parts.ts";
import { WORDS } from "./dashboard/words.ts";
import { $, make } from "./shared/dom.ts";
import { offerLanguages } from "./shared/language.ts";

const PATHS = ["cache", "full", "reduced", "keywords", "prior", "safety"];
/** Counters are asked for so often, and everything else every so many times. */
const EVERY_MS = 2000;
const SLOWLY = 5;
const MINUTE = 60_000 / EVERY_MS;

class Refused extends Error {}

const TOKEN = "haqei-operator";
let token = sessionStorage.getItem(TOKEN) ?? "";
let language: Language = "ja";
let words = WORDS.ja;
let f = formats(language);

/** What is known, each from its own route; undefined while it is not. */
interface Known {
  metrics?: Metrics;
  pointer?: Pointer | undefined;
  accuracy?: AccuracyAnswer;
  release?: PublishedRelease;
  operations?: PublishedOperations;
  audit?: AuditAnswer;
  mode?: { switches: { mode: string; until: number | null }[] };
}
const known: Known = {};
/** Answers counted between one scrape and the next, the last minute's. */
let lately: { n: number; seconds: number }[] = [];
/** When counters were looked at last, in ms. */
let lookedAt = 0;
const traffic = createStack($("traffic"), PATHS);

async function get(path: string): Promise<Response> {
  const response = await fetch(path, { headers: { authorization: `Bearer ${token}` }, cache: "no-store" });
  if (response.status === 401 || response.status === 403) throw new Refused();
  return response;
}
async function json<T>(path: string): Promise<T | undefined> {
  const response = await get(path);
  return response.ok ? ((await response.json()) as T) : undefined;
}

function tile(name: string, value: string, note: string, kind = "", ...more: Node[]): HTMLElement {
  const shown = make("b", { textContent: value });
  return make(
    "div",
    { className: `card tile ${kind}` },
    make("small", { textContent: name }),
    shown,
    make("small", { textContent: note }),
    ...more,
  );
}

const above = (value: number, warn: number, bad: number) => (value > bad ? "bad" : value > warn ? "warn" : "");

/** Limits by which a tile is coloured: specification 4.2. */
function tiles(metrics: Metrics): HTMLElement[] {
  const answers = byLabel(metrics, "haqei_edge_answers_total", "path");
  const all = sum(answers.values());
  const cache = byLabel(metrics, "haqei_edge_cache_total", "result");
  const asked = sum(cache.values());
  const hits = 1 - (cache.get("none") ?? 0) / asked;
  const fallback = ((answers.get("prior") ?? 0) + (answers.get("keywords") ?? 0)) / all;
  const statuses = byLabel(metrics, "haqei_edge_requests_total", "status");
  const failed = sum([...statuses].filter(([status]) => status >= "500").map(([, n]) => n));
  const errors = failed / sum(statuses.values());
  const scored = all - (answers.get("cache") ?? 0) - (answers.get("safety") ?? 0);
  const operations = sum(byLabel(metrics, "haqei_edge_operations_total", "path").values()) / scored;
  const budget = operations / (metrics.get("haqei_edge_budget_operations") ?? Number.NaN);
  const minute = (60 * sum(lately.map(({ n }) => n))) / sum(lately.map(({ seconds }) => seconds)) || 0;
  const { current } = known.pointer ?? {};
  const arm = known.accuracy?.arms.find(({ model }) => model === current?.sha256);
  const trip = known.accuracy?.roundTrip;
  const memory = metrics.get("haqei_edge_memory_bytes");
  const simple = known.mode?.switches[0];
  const isSimple = simple?.mode === "simple" && (simple.until ?? 0) > Date.now();
  return [
    isSimple
      ? tile(words.serving, words.mode, words.until(f.time(simple?.until ?? 0)), "warn")
      : tile(words.serving, current?.version ?? "–", current ? current.sha256.slice(0, 12) : words.noModels),
    tile(words.requests, f.number(Math.round(minute)), words.total(f.short(all))),
    tile(words.hits, f.share(hits), words.total(f.short(asked)), "", bar(hits)),
    tile(words.fallback, f.share(fallback), "", above(fallback, 0.05, 0.1)),
    tile(words.errors, f.share(errors), words.total(f.short(failed)), above(errors, 0.01, 0.05)),
    tile(
      words.operations,
      Number.isFinite(operations) ? f.short(operations) : "–",
      words.ofBudget(f.share(budget)),
      above(budget, 0.8, 1),
      bar(budget),
    ),
    tile(
      words.top1,
      f.share(arm?.top1.value ?? Number.NaN),
      arm ? `${f.share(arm.top1.lo)}–${f.share(arm.top1.hi)} · n ${f.number(arm.judged)}` : words.noJudged,
    ),
    tile(
      words.roundTrip,
      trip ? `${f.number(trip.p50)} / ${f.number(trip.p95)}` : "–",
      trip ? `ms · n ${f.number(trip.n)}` : "",
    ),
    tile(
      words.memory,
      memory === undefined ? "–" : `${f.number(memory / 1e6)} MB`,
      "",
      above(memory ?? 0, 100e6, 120e6),
    ),
    alertsTile(),
  ];
}

function alertsTile(): HTMLElement {
  const status = known.operations?.status;
  if (!status) return tile(words.alerts, "–", words.noStatus);
  const open = openIncidents(status).length;
  const worst = status.alerts.some(({ level }) => level === "critical")
    ? "bad"
    : status.alerts.length + open > 0
      ? "warn"
      : "";
  return tile(words.alerts, `${f.number(status.alerts.length)} / ${f.number(open)}`, "", worst);
}

/** What is said to those who do not see the picture. */
function describeTraffic(rates: ReadonlyMap<string, number>): void {
  const told = PATHS.filter((path) => rates.has(path)).map((path) => {
    const item = make("li", { textContent: `${path} ${f.number(rates.get(path) ?? 0)}` });
    item.style.setProperty("--hue", `var(--path-${path})`);
    return item;
  });
  $("paths").replaceChildren(...told);
  $("traffic").ariaLabel = `${words.traffic}: ${told.map(({ textContent }) => textContent).join(", ")}`;
}

function show(): void {
  if (known.metrics) {
    $("tiles").replaceChildren(...tiles(known.metrics));
    $("buckets").replaceChildren(
      ...countsPanel(byLabel(known.metrics, "haqei_edge_buckets_total", "bucket"), words.bucket, words, f),
    );
    $("cache").replaceChildren(
      ...countsPanel(byLabel(known.metrics, "haqei_edge_cache_total", "result"), words.cacheTiers, words, f),
    );
  }
  if (known.accuracy) $("accuracy").replaceChildren(...accuracyPanel(known.accuracy, words, f));
  if (known.release) keepOpen($("release"), releasePanel(known.release, words, f));
  if (known.operations) $("watch").replaceChildren(...watchPanel(known.operations, words, f));
  if ("pointer" in known) $("models").replaceChildren(...modelsPanel(known.pointer, words, f));
  if (known.audit) $("audit").replaceChildren(...auditPanel(known.audit, words, f));
}

/** What somebody opened to read stays open when it is drawn anew. */
function keepOpen(place: HTMLElement, parts: HTMLElement[]): void {
  const open = [...place.querySelectorAll("details")].map((details) => details.open);
  place.replaceChildren(...parts);
  place.querySelectorAll("details").forEach((details, at) => {
    details.open = open[at] ?? false;
  });
}

async function lookAtCounters(): Promise<void> {
  const metrics = parseMetrics(await (await get("/admin/metrics")).text());
  const answers = byLabel(metrics, "haqei_edge_answers_total", "path");
  if (known.metrics) {
    const counted = grown(byLabel(known.metrics, "haqei_edge_answers_total", "path"), answers);
    const seconds = (performance.now() - lookedAt) / 1000;
    lately = [...lately, { n: sum(counted.values()), seconds }].slice(-MINUTE);
    const rates = new Map([...counted].map(([path, n]) => [path, n / seconds]));
    traffic.add({ at: Date.now() / 1000, rates });
    describeTraffic(rates);
  }
  known.metrics = metrics;
  lookedAt = performance.now();
}

async function lookAtTheRest(): Promise<void> {
  const [pointer, accuracy, release, operations, audit, mode] = await Promise.all([
    json<Pointer>("/admin/pointer"),
    json<AccuracyAnswer>("/admin/accuracy?hours=24"),
    json<PublishedRelease>("/admin/release-status"),
    json<PublishedOperations>("/admin/operations-status"),
    json<AuditAnswer>("/admin/audit"),
    json<NonNullable<Known["mode"]>>("/admin/mode"),
  ]);
  Object.assign(
    known,
    { pointer },
    accuracy && { accuracy },
    release && { release },
    operations && { operations },
    audit && { audit },
    mode && { mode },
  );
}

let round = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Looks once, and again after a while as long as the token opens anything. */
async function look(): Promise<void> {
  clearTimeout(timer);
  const live = $("live");
  try {
    await lookAtCounters();
    if (round % SLOWLY === 0) await lookAtTheRest();
    round += 1;
    enter();
    show();
    live.textContent = words.updated(f.clock(Date.now()));
    live.className = "on";
  } catch (error) {
    if (error instanceof Refused) {
      const tried = token !== "";
      leave();
      $("refused").textContent = tried ? words.refused : "";
      return;
    }
    live.textContent = words.stalled;
    live.className = "off";
  }
  timer = setTimeout(look, EVERY_MS);
}

function enter(): void {
  sessionStorage.setItem(TOKEN, token);
  $("login").hidden = true;
  $("board").hidden = false;
  $("leave").hidden = false;
}
function leave(): void {
  clearTimeout(timer);
  token = "";
  round = 0;
  sessionStorage.removeItem(TOKEN);
  $("live").textContent = "";
  $("login").hidden = false;
  $("board").hidden = true;
  $("leave").hidden = true;
  $<HTMLInputElement>("token").focus();
}
$("leave").onclick = leave;
$("login").onsubmit = (event) => {
  event.preventDefault();
  token = $<HTMLInputElement>("token").value;
  $<HTMLInputElement>("token").value = "";
  $("refused").textContent = "";
  look();
};

function speak(wanted: Language): void {
  language = wanted;
  words = WORDS[wanted];
  f = formats(wanted);
  document.documentElement.lang = wanted;
  document.title = `HAQEI — ${words.title}`;
  for (const element of document.querySelectorAll<HTMLElement>("[data-word]")) {
    const said = words[element.dataset["word"] as keyof typeof words];
    if (typeof said === "string") element.textContent = said;
  }
  $("tiles").ariaLabel = words.overview;
  show();
}

offerLanguages($<HTMLSelectElement>("language"), speak);
if (token === "") leave();
else look();
