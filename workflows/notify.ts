import { WorkflowExecutionAlreadyStartedError } from "@temporalio/common";
import {
  ActivityFailure,
  isCancellation,
  ParentClosePolicy,
  proxyActivities,
  startChild,
  WorkflowIdReusePolicy,
  workflowInfo,
} from "@temporalio/workflow";
import type { WatchErrands } from "#activities/index.ts";
import type { Notification } from "#contracts/notification.ts";
import type { Addressed, CallingSettings, Delivery } from "#contracts/watch.ts";
import { hoursOf } from "#policy/duration.ts";
import { errand } from "./errand.ts";
import { NEVER_RETRIED } from "./retry.ts";

export interface NotifyInput {
  notification: Notification;
  channel: string;
  retry: CallingSettings["retry"];
}

const millisecondsOf = (duration: string): number => hoursOf(duration) * 3_600_000;

/**
 * One message to one channel: tried with growing pauses, for days, until it is out; what a receiver refuses for good, or what is too
 * old, is written down as given up.
 */
export async function notify({ notification, channel, retry }: NotifyInput): Promise<Delivery["state"]> {
  const { deliver } = proxyActivities<WatchErrands>({
    taskQueue: workflowInfo().taskQueue,
    startToCloseTimeout: "1m",
    scheduleToCloseTimeout: millisecondsOf(retry.for),
    retry: {
      initialInterval: millisecondsOf(retry.first),
      backoffCoefficient: 2,
      maximumInterval: millisecondsOf(retry.longest),
      nonRetryableErrorTypes: [...NEVER_RETRIED],
    },
    summary: `tell ${channel}: ${notification.title}`,
    activityId: "deliver",
  });
  try {
    await deliver({ notification, channel });
    return "delivered";
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    const why = error.cause?.message ?? error.message;
    await errand({ summary: `give up telling ${channel}`, activityId: "give up" }).giveUpMessage({
      id: notification.id,
      channel,
      why,
    });
    return "refused";
  }
}

/**
 * Keeps messages, then starts a workflow for each channel of each, which goes on without its parent. Its id is the message's and the
 * channel's: started twice, it is sent once.
 */
export async function send(
  messages: readonly Addressed[],
  retry: CallingSettings["retry"],
  activityId: string,
): Promise<void> {
  if (messages.length === 0) return;
  await errand({ summary: `keep ${messages.length} messages`, activityId }).keepMessages([...messages]);
  for (const { notification, channels } of messages) {
    for (const channel of channels) {
      await startChild(notify, {
        workflowId: `notify-${notification.id}-${channel}`,
        args: [{ notification, channel, retry }],
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `tell ${channel}: ${notification.title}`,
      }).catch(unlessStarted);
    }
  }
}

/** What was started already goes its way. */
export function unlessStarted(error: unknown): undefined {
  if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
  throw error;
}
