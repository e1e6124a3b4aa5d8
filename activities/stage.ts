import { Context } from "@temporalio/activity";
import { ConflictError, InputError } from "#contracts/errors.ts";
import type { Metrics } from "#contracts/manifest.ts";
import type { ArtefactKind, ArtefactReference } from "#contracts/reference.ts";
import type { StageCall, StageResult } from "#contracts/run.ts";
import type { Verdict } from "#contracts/verdict.ts";
import { digestOf } from "#stores/digest.ts";
import type { Dependencies } from "./dependencies.ts";
import { named } from "./failure.ts";

/** What a stage's work comes to. Figures that differ from run to run, such as seconds, belong in `timings`. */
export interface StageWork {
  kind: ArtefactKind;
  bytes: Uint8Array;
  /** What is made beside it, by role: an input `STAGE#ROLE` of other stages, or kept for itself. */
  beside?: Record<string, { kind: ArtefactKind; bytes: Uint8Array; metrics: Metrics }>;
  metrics: Metrics;
  timings?: Metrics;
  summary: string;
  verdict?: Verdict;
  /** False where the same key may come to something better: the result serves this run only. */
  keep?: boolean;
  /** Runs once the result is kept: throws away what it was made from. */
  tidy?: () => Promise<void>;
}

export interface StageContext {
  call: StageCall;
  /** Aborts when the run is cancelled or the worker stops. */
  signal: AbortSignal;
  /** Shows where the work stands; a crashed attempt's successor and the Temporal UI see the last one. */
  report: (details: unknown) => void;
  /** The bytes of an input. Throws InputError where the role is not there. */
  input: (role: string) => Promise<Uint8Array>;
}

const HEARTBEAT = 2_000;

export const keptName = (key: string): string => `kept/${key}`;

/**
 * Makes an activity of a stage's work: heartbeats while it lasts, stores its bytes with a manifest, and keeps the result under
 * the call's key. May run twice: the artefact is named by digest, and the first kept result stays.
 */
export function stage(
  dependencies: Dependencies,
  work: (context: StageContext) => Promise<StageWork>,
): (call: StageCall) => Promise<StageResult> {
  return (call) =>
    named(async () => {
      const context = Context.current();
      const started = performance.now();
      const cpuBefore = process.cpuUsage();
      let details: unknown = context.info.heartbeatDetails;
      const beat = setInterval(() => context.heartbeat(details), HEARTBEAT);
      context.heartbeat(details);
      try {
        const done = await work({
          call,
          signal: context.cancellationSignal,
          report: (now) => {
            details = now;
            context.heartbeat(now);
          },
          input: async (role) => {
            const reference = call.inputs[role];
            if (!reference)
              throw new InputError(`${call.stage} has no input ${role}`, "Its declaration in workflows/ must name it.");
            return dependencies.artefacts.get(reference);
          },
        });
        const put = ({ kind, bytes, metrics }: Pick<StageWork, "kind" | "bytes" | "metrics">) =>
          dependencies.artefacts.put(kind, bytes, {
            producedBy: call.stage,
            parents: Object.entries(call.inputs).map(([name, { sha256 }]) => ({ name, sha256 })),
            codeDigest: dependencies.codeDigests[call.activity] ?? "unknown",
            configDigest: digestOf(call.settings),
            ...(typeof call.asked.seed === "number" ? { seed: call.asked.seed } : {}),
            metrics,
          });
        const beside: Record<string, ArtefactReference> = {};
        for (const [role, one] of Object.entries(done.beside ?? {})) beside[role] = await put(one);
        const result: StageResult = {
          output: await put(done),
          ...(done.beside ? { beside } : {}),
          metrics: { ...done.metrics, ...done.timings, cpuSeconds: cpuSecondsSince(cpuBefore) },
          summary: done.summary,
          ...(done.verdict ? { verdict: done.verdict } : {}),
          seconds: (performance.now() - started) / 1000,
          attempt: context.info.attempt,
        };
        if (call.keep !== false && done.keep !== false) await keep(dependencies, call.key, result);
        await done.tidy?.();
        // The SDK adds workflow, run and activity to every line.
        context.log.info("stage done", {
          ...{ stage: call.stage, digest: result.output.sha256, bytes: result.output.bytes },
          ...{ seconds: result.seconds, cpuSeconds: result.metrics.cpuSeconds },
        });
        return result;
      } catch (error) {
        const { name, message } = error instanceof Error ? error : new Error(String(error));
        context.log.warn("stage failed", { stage: call.stage, key: call.key, error: name, message });
        throw error;
      } finally {
        clearInterval(beat);
      }
    });
}

/** CPU of this process since then, its threads included: what else it does meanwhile counts as well. */
function cpuSecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function keep({ registry }: Dependencies, key: string, result: StageResult): Promise<void> {
  const { epoch } = await registry.read<StageResult>(keptName(key));
  try {
    await registry.compareAndSet(keptName(key), epoch, result);
  } catch (error) {
    // Another attempt kept its own, as good as this one.
    if (!(error instanceof ConflictError)) throw error;
  }
}

/** JSON as an artefact's bytes. */
export const jsonBytes = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value)}\n`);
/** An artefact's bytes as JSON, unchecked: parse it with its schema. */
export const jsonOf = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));
