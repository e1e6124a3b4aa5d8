import { forecastMonth } from "#activities/cost.ts";
import { trackAccuracy } from "#activities/live-accuracy.ts";
import { NotReachableError } from "#contracts/errors.ts";
import { INCIDENTS, type Incident } from "#contracts/incident.ts";
import { WATCH, WatchRecord } from "#contracts/watch.ts";
import { decodeModel } from "#model/codec.ts";
import { addDays, startOfDate } from "#policy/logical-date.ts";
import type { WeekInShort } from "#policy/weekly-message.ts";
import type { ArtefactStore } from "#stores/artefacts.ts";
import { digestOf } from "#stores/digest.ts";
import type { EdgeClient } from "#stores/edge.ts";
import { readExperiments } from "#stores/experiments.ts";
import type { Registry } from "#stores/registry.ts";
import { readReleaseHistory } from "#stores/release-history.ts";
import { artefactStore, existingRegistry } from "#workers/dependencies.ts";
import { experimentReport } from "#workers/experiments.ts";
import { type Report, reportPage, reportText } from "#workers/report-page.ts";
import { type WeekExperiment, weeklyReport } from "#workers/weekly-report.ts";
import type { LoadedConfig } from "./config.ts";
import { countedRuns } from "./counted-runs.ts";
import { measureCoverage } from "./coverage.ts";
import { edgeOf } from "./edge-of.ts";
import type { Home } from "./home.ts";

const WEEK_DAYS = 7;
/** Days that the picture of accuracy shows. */
const PICTURE_DAYS = 28;

export interface WrittenReport {
  from: string;
  to: string;
  report: Report;
  html: string;
  markdown: string;
  /** Digest of the page in the artefact store. */
  sha256: string;
}

/**
 * The report of the seven days up to `to`, put into the artefact store as well. What does not run is said to be not measured.
 * @param now ms since 1970
 */
export async function writeWeeklyReport(
  { home, loaded }: { home: Home; loaded: LoadedConfig },
  to: string,
  now: number,
): Promise<WrittenReport> {
  const { config } = loaded;
  const from = addDays(to, 1 - WEEK_DAYS);
  const [begin, end] = [startOfDate(from, config.timezone), startOfDate(addDays(to, 1), config.timezone)];
  const isWithin = (at: number) => at >= begin && at < end;
  const registry = existingRegistry(config.registry, home.registryFile);
  const artefacts = artefactStore(config.store, home.artefacts);
  const edge = edgeOf(home);
  try {
    const [accuracy, runs, cost, coverage, releases, incidents, watched, experiments] = await Promise.all([
      trackAccuracy({ registry, artefacts, edge }, config, PICTURE_DAYS, Math.min(now, end - 1)),
      unlessUnreachable(countedRuns(home, from, to)),
      edge && unlessUnreachable(forecastMonth(edge, config, now)),
      measureCoverage({ home, loaded }, WEEK_DAYS, Math.min(now, end)),
      registry ? readReleaseHistory(registry) : [],
      registry?.read<Incident[]>(INCIDENTS).then(({ value }) => value ?? []),
      registry?.read<unknown>(WATCH).then(({ value }) => WatchRecord.safeParse(value).data?.state),
      registry ? experimentsOf(registry, edge, artefacts, isWithin, begin) : [],
    ]);
    const alerts = watched?.episodes
      .filter(({ firedAt, resolvedAt }) => firedAt < end && (resolvedAt ?? end) >= begin)
      .toReversed();
    const report = weeklyReport({
      ...{ from, to, begin, end, accuracy, target: config.accuracy.target, cost, coverage, experiments, alerts, runs },
      releases: releases.filter(({ at }) => isWithin(at)),
      incidents: (incidents ?? []).filter(({ opened }) => isWithin(opened)),
    });
    const html = reportPage(report);
    const { sha256 } = await artefacts.put("report", new TextEncoder().encode(html), {
      producedBy: "report",
      parents: [],
      codeDigest: "",
      configDigest: digestOf(config.accuracy),
      metrics: { from, to },
    });
    return { from, to, report, html, markdown: reportText(report), sha256 };
  } finally {
    registry?.close();
  }
}

/** Experiments that ran in the week, each with what its events say so far. */
async function experimentsOf(
  registry: Registry,
  edge: EdgeClient | undefined,
  artefacts: ArtefactStore,
  isWithin: (at: number) => boolean,
  begin: number,
): Promise<WeekExperiment[]> {
  const ran = (await readExperiments(registry)).filter(
    ({ startedAt, stoppedAt }) =>
      startedAt !== undefined && (isWithin(startedAt) || (startedAt < begin && (stoppedAt ?? begin) >= begin)),
  );
  const controlOf = async (sha256: string) => decodeModel(await artefacts.get({ sha256 }));
  return Promise.all(
    ran.map(async ({ plan: { name }, state }) => ({
      ...{ name, state },
      report: edge && (await unlessUnreachable(experimentReport({ registry, edge, now: Date.now }, name, controlOf))),
    })),
  );
}

/** The same in short, for a message. */
export async function weekInShort(
  of: { home: Home; loaded: LoadedConfig },
  to: string,
  now: number,
): Promise<WeekInShort> {
  const { from, sha256, report } = await writeWeeklyReport(of, to, now);
  return { from, to, sha256, lines: report.lead };
}

async function unlessUnreachable<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof NotReachableError) return undefined;
    throw error;
  }
}
