import type { WorkflowClientInterceptor } from "@temporalio/client";
import { ApplicationFailure, type Headers } from "@temporalio/common";
import type { ActivityInterceptorsFactory } from "@temporalio/worker";
import { attributesOf, resultOf, type Subject, subjectOf } from "#policy/trace-subject.ts";
import { activeTrace, errorName, inSpan } from "#stores/traced.ts";
import { traceIn, withTrace } from "#workflows/trace-headers.ts";
import { contextBelow } from "./tracing.ts";

function below(headers: Headers): Headers {
  const active = activeTrace();
  return active ? withTrace(headers, active) : headers;
}

/** What is started or told from within a trace goes on in it. Looks (queries, descriptions) leave none. */
export const tracedClient: WorkflowClientInterceptor = {
  start: (input, next) => next({ ...input, headers: below(input.headers) }),
  startWithDetails: (input, next) => next({ ...input, headers: below(input.headers) }),
  signal: (input, next) => next({ ...input, headers: below(input.headers) }),
  signalWithStart: (input, next) => next({ ...input, headers: below(input.headers) }),
  startUpdate: (input, next) => next({ ...input, headers: below(input.headers) }),
  startUpdateWithStart: (input, next) =>
    next({
      ...input,
      workflowStartHeaders: below(input.workflowStartHeaders),
      updateHeaders: below(input.updateHeaders),
    }),
};

/** Each attempt of an activity is a span below its workflow's; each of its log lines says the run, the stage, the digest and the trace. */
export const tracedActivity: ActivityInterceptorsFactory = ({ info }) => {
  const run = info.workflowExecution?.workflowId;
  let about: Subject = {};
  return {
    inbound: {
      execute(input, next) {
        about = subjectOf(input.args);
        const attributes = {
          ...(run === undefined ? {} : { "haqei.run": run }),
          "haqei.activity": info.activityId,
          "haqei.attempt": info.attempt,
          ...attributesOf(about),
        };
        // Looking whether a stage's result was kept is about the stage too, but not the stage.
        const name = info.activityId === about.stage ? about.stage : info.activityType;
        const within = { options: { attributes }, context: contextBelow(traceIn(input.headers)), nameOf };
        return inSpan(name, within, async (span) => {
          const result = await next(input);
          about = { ...about, ...resultOf(result) };
          span.setAttributes(attributesOf(about));
          return result;
        });
      },
    },
    outbound: {
      getLogAttributes(input, next) {
        const active = activeTrace();
        return next({
          ...input,
          ...(run === undefined ? {} : { run }),
          ...about,
          ...(active ? { trace_id: active.traceId, span_id: active.spanId } : {}),
        });
      },
    },
  };
};

/** A failure that was made for Temporal is known by its type. */
const nameOf = (error: unknown): string =>
  error instanceof ApplicationFailure && error.type ? error.type : errorName(error);
