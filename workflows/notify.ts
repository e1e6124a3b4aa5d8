import { WorkflowExecutionAlreadyStartedError } from "@temporalio/common";
import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  ParentClosePolicy,
  sleep,
  startChild,
  WorkflowIdReusePolicy,
} from "@temporalio/workflow";
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
  const end = Date.now() + millisecondsOf(retry.for);
  let pause = millisecondsOf(retry.first);
  for (let attempt = 1; ; attempt += 1) {
    const failure = await attemptTo({ notification, channel }, attempt);
    if (failure === undefined) return "delivered";
    if (failure.isFinal || Date.now() + pause > end) {
      await errand({ summary: `give up telling ${channel}`, activityId: "give up" }).giveUpMessage({
        id: notification.id,
        channel,
        why: failure.why,
      });
      return "refused";
    }
    await sleep(pause);
    pause = Math.min(2 * pause, millisecondsOf(retry.longest));
  }
}

/** Why it was not delivered, and whether trying again cannot help; undefined where it was. */
async function attemptTo(
  call: Pick<NotifyInput, "notification" | "channel">,
  attempt: number,
): Promise<{ why: string; isFinal: boolean } | undefined> {
  try {
    await errand({
      summary: `tell ${call.channel}: ${call.notification.title}`,
      activityId: `deliver ${attempt}`,
      attempts: 1,
    }).deliver(call);
    return undefined;
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    const { cause } = error;
    return {
      why: cause?.message ?? error.message,
      isFinal: cause instanceof ApplicationFailure && NEVER_RETRIED.includes(cause.type ?? ""),
    };
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
function unlessStarted(error: unknown): undefined {
  if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
  throw error;
}
