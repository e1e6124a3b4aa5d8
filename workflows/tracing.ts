import {
  ContinueAsNew,
  type Headers,
  isCancellation,
  proxySinks,
  type Sinks,
  type WorkflowInterceptors,
  workflowInfo,
} from "@temporalio/workflow";
import { type RunSpan, traceOfRun } from "#contracts/trace.ts";
import { attributesOf, resultOf } from "#policy/trace-subject.ts";
import { traceIn, withTrace } from "./trace-headers.ts";

export interface TraceSinks extends Sinks {
  trace: { ended(span: RunSpan): void };
}

/**
 * Gives a workflow its place in a trace: below whoever started it, above all that it starts. It awaits nothing and draws nothing, so a history comes
 * to the same commands with it and without; its span is told once, when it ends for the first time and not when it is replayed.
 */
export const interceptors = (): WorkflowInterceptors => {
  const { runId, workflowId, workflowType, runStartTime } = workflowInfo();
  const { trace } = proxySinks<TraceSinks>();
  const own = traceOfRun(runId);
  let parentSpanId: string | undefined;
  const below = (headers: Headers): Headers => withTrace(headers, own);
  const ended = (attributes: Record<string, string>, error?: string): void =>
    trace.ended({
      ...own,
      name: workflowType,
      ...(parentSpanId === undefined ? {} : { parentSpanId }),
      start: runStartTime.getTime(),
      end: Date.now(),
      ...(error === undefined ? {} : { error }),
      attributes: { "haqei.run": workflowId, ...attributes },
    });
  return {
    inbound: [
      {
        execute(input, next) {
          const above = traceIn(input.headers);
          if (above) {
            own.traceId = above.traceId;
            own.sampled = above.sampled;
            parentSpanId = above.spanId;
          }
          const work = next(input);
          void work.then(
            (result) => ended(attributesOf(resultOf(result))),
            (error: unknown) =>
              error instanceof ContinueAsNew
                ? ended({ "haqei.ended": "continued" })
                : ended({}, isCancellation(error) ? "cancelled" : error instanceof Error ? error.name : "Error"),
          );
          return work;
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next({ ...input, headers: below(input.headers) }),
        startChildWorkflowExecution: (input, next) => next({ ...input, headers: below(input.headers) }),
        continueAsNew: (input, next) => next({ ...input, headers: below(input.headers) }),
        signalWorkflow: (input, next) => next({ ...input, headers: below(input.headers) }),
        getLogAttributes: (input, next) =>
          next({ ...input, run: workflowId, trace_id: own.traceId, span_id: own.spanId }),
      },
    ],
  };
};
