import { z } from "zod";
import { Metrics } from "./manifest.ts";
import { ArtefactReference, Sha256 } from "./reference.ts";
import { Verdict } from "./verdict.ts";

/** A logical date `YYYY-MM-DD` in the config's time zone. */
export const LogicalDate = z
  .string()
  .refine(
    (s) =>
      /^\d{4}-\d{2}-\d{2}$/.test(s) &&
      !Number.isNaN(Date.parse(`${s}T00:00:00Z`)) &&
      new Date(`${s}T00:00:00Z`).toISOString().slice(0, 10) === s,
    "a calendar date YYYY-MM-DD",
  );

export const RunKind = z.enum(["daily", "weekly", "monthly", "emergency"]);
export type RunKind = z.infer<typeof RunKind>;

/** The workflow id of a kind's run of a date. */
export const runIdOf = ({ kind, date }: { kind: RunKind; date: string }): string => `${kind}-${date}`;

/** What starts a run. Everything that decides its bytes is here or in the config: no clock. */
export const RunInput = z.object({
  kind: RunKind,
  date: LogicalDate,
  seed: z.number().int().nonnegative(),
  /** False: decide, but release nothing. */
  release: z.boolean().default(true),
  /** This stage and all that depend on it run even where a result is kept. */
  forceFrom: z.string().optional(),
  /** Folder of authored data in place of the config's. */
  dataset: z.string().optional(),
});
export type RunInput = z.infer<typeof RunInput>;

/** What a stage works from, by role: what another stage made, or what the run was opened with. */
export const StageInputs = z.record(z.string(), ArtefactReference);
export type StageInputs = z.infer<typeof StageInputs>;

/** One call of a stage's activity. All that decides the result is in `asked`, `inputs` and `settings`. */
export const StageCall = z.object({
  stage: z.string(),
  /** The function that does it, by name. */
  activity: z.string(),
  /** What the stage declares to read of the run's input: date, seed, release. */
  asked: z.record(z.string(), z.unknown()),
  inputs: StageInputs,
  /** The parts of the config that this stage declares. */
  settings: z.record(z.string(), z.unknown()),
  /** Digest of activity, code, asked, settings and input digests: the name under which the result is kept. */
  key: z.string(),
  /** False where the result serves this run only: the same key comes to more once the day is over. */
  keep: z.boolean().optional(),
});
export type StageCall = z.infer<typeof StageCall>;

export const StageState = z.enum(["waiting", "running", "ran", "cached", "skipped", "failed"]);
export type StageState = z.infer<typeof StageState>;

/** What a stage hands on: one artefact, its figures, and a line for people. */
export const StageResult = z.object({
  output: ArtefactReference,
  /** What it made beside its output, by role: an input `STAGE#ROLE` of another stage. */
  beside: z.record(z.string(), ArtefactReference).optional(),
  metrics: Metrics,
  /** Such as `0.91 top-1` or `15,000 examples`. */
  summary: z.string(),
  verdict: Verdict.optional(),
  /** Wall-clock seconds of the attempt that made it, and which attempt that was (from 1). */
  seconds: z.number().nonnegative(),
  attempt: z.number().int().positive(),
});
export type StageResult = z.infer<typeof StageResult>;

export const StageReport = z.object({
  name: z.string(),
  status: z.enum(["ran", "cached", "skipped", "failed"]),
  /** Where the stage of a run that is under way stands; `status` calls what has not ended yet skipped. */
  state: StageState.optional(),
  seconds: z.number().nonnegative(),
  attempt: z.number().int().nonnegative(),
  output: z.object({ kind: z.string(), sha256: Sha256, bytes: z.number() }).optional(),
  summary: z.string().optional(),
  error: z.string().optional(),
  /** CPU of the process while the stage ran, threads included; absent where nothing ran. */
  cpuSeconds: z.number().nonnegative().optional(),
  /** Actions as Temporal Cloud bills them; where they were counted. */
  actions: z.number().int().nonnegative().optional(),
});
export type StageReport = z.infer<typeof StageReport>;

/** What a run came to: its own result, and at any moment its progress. */
export const RunOutcome = z.object({
  stages: z.array(StageReport.extend({ status: StageState })),
  model: z.object({ sha256: Sha256, bytes: z.number(), rung: z.string() }).optional(),
  metrics: Metrics,
  verdict: Verdict.optional(),
  partial: z.boolean(),
  /** True where it took longer than its window allows. */
  overran: z.boolean(),
});
export type RunOutcome = z.infer<typeof RunOutcome>;

/** What a run is opened with: the frozen inputs and settings that every stage of it sees. */
export const OpenedRun = z.object({
  /** `authored` and `readings` of the data set, `current` model where one serves. */
  sources: z.record(z.string(), ArtefactReference),
  /** Parts of the config by name. */
  settings: z.record(z.string(), z.unknown()),
  /** Planned minutes by stage. */
  minutes: z.record(z.string(), z.number().positive()),
  windowMinutes: z.number().positive(),
  /** The day was not over when the run was opened. */
  partial: z.boolean(),
  /** Page that draws this run, where this worker serves one. */
  picture: z.string().optional(),
});
export type OpenedRun = z.infer<typeof OpenedRun>;

/** A run as every command and page reports it (cli.md `run`). */
export const RunReport = z.object({
  workflowId: z.string(),
  runId: z.string(),
  kind: RunKind,
  date: LogicalDate,
  status: z.enum(["running", "completed", "failed", "cancelled", "terminated", "timed_out"]),
  stages: z.array(StageReport),
  model: z.object({ sha256: Sha256, bytes: z.number(), rung: z.string() }).optional(),
  metrics: Metrics,
  verdict: Verdict.optional(),
  url: z.string().optional(),
  /** True where a finished run was returned instead of a new one. */
  reused: z.boolean().optional(),
  /** True where the day was not over when its events were read. */
  partial: z.boolean().optional(),
  error: z.string().optional(),
  /** As its stages', with what belongs to none. */
  actions: z.number().int().nonnegative().optional(),
});
export type RunReport = z.infer<typeof RunReport>;
