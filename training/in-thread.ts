import { parentPort, Worker } from "node:worker_threads";
import * as errors from "#contracts/errors.ts";

/** What a thread says last. Classes do not survive the way between threads; name, message and hint do. */
type Last =
  | { readonly kind: "done"; readonly result: unknown }
  | { readonly kind: "failed"; readonly name: string; readonly message: string; readonly hint: string };

export interface ThreadHooks<Message> {
  /** Ends the thread within a second; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called one at a time, in order; where it fails, the thread ends with its error. */
  readonly onMessage?: (message: Message) => void | Promise<void>;
}

/**
 * Runs a module in a thread of its own, so that the caller's stays free for heartbeats, and gives what it answers with
 * (`answerFromThread`). Errors are those of the thread's work.
 *
 * @param data what the module finds as `workerData`
 */
export function inThread<Result, Message = never>(
  module: URL,
  data: unknown,
  { signal, onMessage }: ThreadHooks<Message> = {},
): Promise<Result> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const worker = new Worker(module, { workerData: data, execArgv: ["--disable-warning=ExperimentalWarning"] });
    const end = (settle: () => void): void => {
      signal?.removeEventListener("abort", onAbort);
      worker.removeAllListeners();
      void worker.terminate().then(settle, settle);
    };
    const fail = (error: unknown): void => end(() => reject(error));
    const onAbort = (): void => fail(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });

    let handled = Promise.resolve();
    worker.on("message", (message: Last | (Message & { kind: string })) => {
      if (isFailed(message)) fail(revive(message));
      else if (isDone(message)) {
        // The thread's last message and its end may come in one turn, before the promise is asked: that end is no failure.
        worker.removeAllListeners("exit");
        void handled.then(() => end(() => resolve(message.result as Result)), fail);
      } else {
        handled = handled.then(() => onMessage?.(message as Message));
        handled.catch(fail);
      }
    });
    worker.on("error", fail);
    worker.on("exit", (code) => fail(new Error(`the thread ended by itself with status ${code}`)));
  });
}

/** The other side of `inThread`: answers with what `work` gives, or with its error. */
export async function answerFromThread(work: () => unknown): Promise<void> {
  const post = (last: Last): void => parentPort?.postMessage(last);
  try {
    post({ kind: "done", result: await work() });
  } catch (error) {
    const { name, message } = error as Error;
    post({ kind: "failed", name, message, hint: error instanceof errors.HaqeiError ? error.hint : "" });
  }
}

const isDone = (message: { kind: string }): message is Extract<Last, { kind: "done" }> => message.kind === "done";
const isFailed = (message: { kind: string }): message is Extract<Last, { kind: "failed" }> => message.kind === "failed";

/** The error again, of its class where it is one of ours. */
function revive({ name, message, hint }: Extract<Last, { kind: "failed" }>): Error {
  const Class = Object.values(errors).find((one) => one.name === name);
  if (Class !== undefined) return new Class(message, hint);
  const error = hint === "" ? new Error(message) : new errors.HaqeiError(message, hint);
  error.name = name;
  return error;
}
