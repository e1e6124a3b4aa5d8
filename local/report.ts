import { existsSync } from "node:fs";
import { forecastMonth } from "#activities/cost.ts";
import { trackAccuracy } from "#activities/live-accuracy.ts";
import { NotReachableError } from "#contracts/errors.ts";
import { INCIDENTS, type Incident } from "#contracts/incident.ts";
import type { RunReport } from "#contracts/run.ts";
import { addDays, logicalDateOf, startOfDate } from "#policy/logical-date.ts";
import { digestOf } from "#stores/digest.ts";
import { sqliteRegistry } from "#stores/registry.ts";
import { readReleaseHistory } from "#stores/release-history.ts";
import { connectClient } from "#workers/client.ts";
import { artefactStore } from "#workers/dependencies.ts";
import { type Report, reportPage, reportText } from "#workers/report-page.ts";
import { listRuns } from "#workers/runs.ts";
import { weeklyReport } from "#workers/weekly-report.ts";
import type { LoadedConfig } from "./config.ts";
import { measureCoverage } from "./coverage.ts";
import { edgeOf } from "./edge-of.ts";
import { type Home, readEndpoints } from "./home.ts";

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
  const registry = existsSync(home.registryFile) ? sqliteRegistry(home.registryFile) : undefined;
  const artefacts = artefactStore(config.store, home.artefacts);
  const edge = edgeOf(home);
  try {
    const [accuracy, runs, cost, coverage, releases, incidents] = await Promise.all([
      trackAccuracy({ registry, artefacts, edge }, config, PICTURE_DAYS, Math.min(now, end - 1)),
      unlessUnreachable(runsOf(home)),
      edge && unlessUnreachable(forecastMonth(edge, config, now)),
      measureCoverage({ home, loaded }, WEEK_DAYS, Math.min(now, end)),
      registry ? readReleaseHistory(registry) : [],
      registry?.read<Incident[]>(INCIDENTS).then(({ value }) => value ?? []),
    ]);
    const report = weeklyReport({
      ...{ from, to, accuracy, target: config.accuracy.target, cost, coverage },
      runs: runs?.filter(({ date }) => date >= from && date <= to).toReversed(),
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

/** The week that ended last: seven days up to yesterday. */
export const lastDay = (now: number, timezone: string): string => addDays(logicalDateOf(now, timezone), -1);

async function runsOf(home: Home): Promise<RunReport[]> {
  const endpoints = readEndpoints(home);
  const client = await connectClient(endpoints);
  try {
    return await listRuns(client, endpoints);
  } finally {
    await client.connection.close();
  }
}

async function unlessUnreachable<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof NotReachableError) return undefined;
    throw error;
  }
}
