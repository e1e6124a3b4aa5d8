import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { ConflictError, type HaqeiError, NotReachableError } from "#contracts/errors.ts";
import type { Home } from "./home.ts";
import { lockHome } from "./lock.ts";
import { openLog } from "./log-file.ts";
import {
  cleanUp,
  forgetProcesses,
  identify,
  isAlive,
  type ProcessIdentity,
  readProcesses,
  signal,
  startTime,
  waitUntil,
  writeProcesses,
} from "./processes.ts";

/** What a child of ours says over its channel once it can be used. */
export const ReadyMessage = z.looseObject({
  type: z.literal("ready"),
  endpoints: z.record(z.string(), z.looseObject({ url: z.string() })).optional(),
});
export type ReadyMessage = z.infer<typeof ReadyMessage>;

export type ChildSpecification = {
  name: string;
  command: string;
  args: readonly string[];
  /** Added to our own environment. */
  env?: Readonly<Record<string, string>>;
  /**
   * How the child shows that it can be used: by a `{type: "ready"}` message over its channel (children of ours), or by a
   * question that we repeat until it answers true.
   */
  ready: "message" | (() => Promise<boolean>);
  /** How long the first start may take. */
  readySeconds: number;
  /** Between SIGTERM and SIGKILL; 10 where not said. */
  graceSeconds?: number;
  /** Called at each `ready` message, after restarts too: its addresses may have changed. */
  onReady?: (message: ReadyMessage) => void;
};

export type ChildState = ProcessIdentity & { name: string; restarts: number };

export type Supervisor = {
  /** Starts a child and waits until it can be used. @throws NotReachableError where it ends first or takes too long. */
  start(child: ChildSpecification): Promise<ReadyMessage | undefined>;
  children(): ChildState[];
  /** Ends all children, the last started first, and gives the home back. */
  stop(): Promise<string[]>;
};

export type SupervisorOptions = {
  log: (message: string) => void;
  /** Wait before the nth restart in a row, in ms. */
  backoff?: (n: number) => number;
  maximumLogBytes?: number;
};

/** A child that ran this long is healthy: its next crash counts as the first. */
const HEALTHY_SECONDS = 60;

const doubling = (n: number): number => Math.min(10_000, 250 * 2 ** (n - 1));

type Child = {
  specification: ChildSpecification;
  process?: ChildProcess;
  identity?: ProcessIdentity;
  restarts: number;
  /** Crashes in a row, without a healthy while between them. */
  crashes: number;
  /** True once it could be used: only then is a crash mended. */
  wasReady: boolean;
  /** Settles when the present process has gone. */
  gone: Promise<void>;
};

/**
 * Watches the processes of one home. It holds the home's lock, ends what a killed start left, writes the children's output
 * to `<home>/logs/<name>.log` and starts a crashed child again.
 *
 * Children lead process groups of their own: Ctrl-C in a terminal reaches only us, so that they end in order, and a child's
 * own children go with it.
 * @throws ConflictError where another start is alive in this home.
 */
export async function createSupervisor(home: Home, options: SupervisorOptions): Promise<Supervisor> {
  const { log, backoff = doubling } = options;
  await earlierStartEnds(home, log);
  const lock = lockHome(home);
  const left = await cleanUp(home);
  if (left.length > 0) log(`Ended what an earlier start had left: ${left.join(", ")}.`);

  const supervisor = identify(process.pid);
  const children: Child[] = [];
  let stopping = false;

  const states = (): ChildState[] =>
    children.flatMap(({ specification, identity, restarts }) =>
      identity === undefined ? [] : [{ name: specification.name, restarts, ...identity }],
    );
  const record = (more: { stopping?: true } = {}) => {
    if (stopping) return;
    try {
      writeProcesses(home, { supervisor, ...more, children: states() });
    } catch (error) {
      // A full disk must not end who watches: the next change is recorded again.
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      log(`Processes could not be recorded: ${(error as Error).message}`);
    }
  };

  function launch(child: Child): void {
    const { name, command, args, env, ready, onReady } = child.specification;
    const file = openLog(join(home.logs, `${name}.log`), options.maximumLogBytes);
    const launched = Date.now();
    const spawned = spawn(command, [...args], {
      detached: true,
      env: { ...process.env, ...env, HAQEI_HOME: home.directory },
      stdio: ready === "message" ? ["ignore", "pipe", "pipe", "ipc"] : ["ignore", "pipe", "pipe"],
    });
    child.process = spawned;
    spawned.stdout?.on("data", file.write);
    spawned.stderr?.on("data", file.write);
    spawned.on("message", (message) => {
      const parsed = ReadyMessage.safeParse(message);
      if (parsed.success) onReady?.(parsed.data);
    });
    const started = spawned.pid === undefined ? undefined : startTime(spawned.pid);
    if (spawned.pid === undefined || started === undefined) delete child.identity;
    else child.identity = { pid: spawned.pid, started };
    record();

    child.gone = new Promise((resolve) => {
      spawned.once("error", (error) => {
        file.write(`${name}: ${error.message}\n`);
        if (spawned.pid === undefined) resolve();
      });
      // `close`, not `exit`: only then has all its output been written.
      spawned.once("close", () => resolve());
      spawned.once("exit", (code, by) => {
        // What it started must not outlive it: the output pipes that `close` waits for are theirs too.
        if (spawned.pid !== undefined) signalGroup(spawned.pid, "SIGKILL");
        delete child.identity;
        record();
        if (!stopping) log(`${name} ended (${by ?? `status ${code}`}).`);
      });
    });
    void child.gone.then(async () => {
      file.close();
      if (stopping || !child.wasReady) return;
      child.crashes = Date.now() - launched > HEALTHY_SECONDS * 1000 ? 1 : child.crashes + 1;
      await sleep(backoff(child.crashes), undefined, { ref: false });
      if (stopping) return;
      child.restarts += 1;
      log(`${name} is started again (restart ${child.restarts}).`);
      launch(child);
    });
  }

  return {
    async start(specification) {
      if (stopping)
        throw new ConflictError(`${specification.name} is not started: everything is being ended.`, "Start again.");
      const child: Child = { specification, restarts: 0, crashes: 0, wasReady: false, gone: Promise.resolve() };
      children.push(child);
      launch(child);
      try {
        const message = await becomesReady(child, home);
        child.wasReady = true;
        return message;
      } catch (error) {
        await end(child);
        children.splice(children.indexOf(child), 1);
        record();
        throw error;
      }
    },
    children: states,
    async stop() {
      if (stopping) return [];
      record({ stopping: true });
      stopping = true;
      const names: string[] = [];
      for (const child of children.toReversed()) {
        names.push(child.specification.name);
        await end(child);
      }
      forgetProcesses(home);
      lock.release();
      return names;
    },
  };
}

/** A start that was just told to end holds its home for some seconds more: it is waited for, not refused. */
async function earlierStartEnds(home: Home, log: (message: string) => void): Promise<void> {
  const ending = (): boolean => {
    const record = readProcesses(home);
    return record?.stopping === true && isAlive(record.supervisor);
  };
  if (!ending()) return;
  log("An earlier start is just ending: waiting for it …");
  await waitUntil(() => !ending(), 60);
}

async function becomesReady(child: Child, home: Home): Promise<ReadyMessage | undefined> {
  const { name, ready, readySeconds } = child.specification;
  const logFile = join(home.logs, `${name}.log`);
  const failed = (what: string): HaqeiError =>
    new NotReachableError(`${name} ${what}.`, `Its output is in ${logFile} (\`npx haqei logs ${name}\`).`);
  const abort = new AbortController();
  const { signal: aborted } = abort;
  const timeout = sleep(readySeconds * 1000, undefined, { signal: aborted }).then(() => {
    throw failed(`was not ready within ${readySeconds} s`);
  });
  const gone = child.gone.then(() => {
    throw failed("ended before it was ready");
  });
  const isReady =
    ready === "message"
      ? new Promise<ReadyMessage>((resolve) => {
          child.process?.on("message", (message) => {
            const parsed = ReadyMessage.safeParse(message);
            if (parsed.success) resolve(parsed.data);
          });
        })
      : (async () => {
          while (!aborted.aborted && !(await ready().catch(() => false))) await sleep(50);
          return undefined;
        })();
  // The losers of the race settle later, with nobody listening.
  for (const loser of [timeout, gone]) loser.catch(() => undefined);
  try {
    return await Promise.race([isReady, timeout, gone]);
  } finally {
    abort.abort();
  }
}

/** SIGTERM to the child, so that it ends its own children in its own order; SIGKILL to the whole group after the grace. */
async function end(child: Child): Promise<void> {
  const { process: spawned, specification } = child;
  if (spawned?.pid === undefined || child.identity === undefined) return;
  const { pid } = spawned;
  signal(pid, "SIGTERM");
  const timer = new AbortController();
  const kill = sleep((specification.graceSeconds ?? 10) * 1000, undefined, { signal: timer.signal }).then(
    () => signalGroup(pid, "SIGKILL"),
    () => undefined,
  );
  await child.gone;
  timer.abort();
  await kill;
}

/** A group whose last member is gone is no error. */
const signalGroup = (leader: number, name: NodeJS.Signals): void => signal(-leader, name);
