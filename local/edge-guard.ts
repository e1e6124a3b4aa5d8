import { type ChildProcess, spawn } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";

/** Miniflare's child, told from others by its command: `workerd serve … --socket-addr=entry=<host>:<port>`. */
const isWorkerd = (child: ChildProcess, port: number): boolean =>
  child.spawnargs.includes("serve") &&
  child.spawnargs.some((arg) => arg.startsWith("--socket-addr=entry=") && arg.endsWith(`:${port}`));

/**
 * Lets workerd end with us even where we are killed and can do nothing: it reads no input that would tell it. A shell waits for
 * the end of a pipe that only we hold open, in a session of its own that a group's signal does not reach.
 */
function guard(workerd: ChildProcess): void {
  const shell = spawn("/bin/sh", ["-c", `cat > /dev/null; kill -9 ${workerd.pid} 2> /dev/null`], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  shell.on("error", (error) => console.error("workerd runs without its guard", error));
  shell.unref();
  // Its number may belong to another process from now on.
  workerd.once("exit", () => shell.kill("SIGKILL"));
}

export interface WorkerdWatch {
  /** Process id of the workerd started last; 0 before the first. */
  pid(): number;
  end(): void;
}

/** Follows and guards the workerd of a port: Miniflare keeps its child to itself, and starts it again after a crash. */
export function watchWorkerd(port: number): WorkerdWatch {
  let pid = 0;
  const onChild = (message: unknown) => {
    const { process: child } = message as { process: ChildProcess };
    // The channel speaks before the command and the id are known.
    queueMicrotask(() => {
      if (child.pid === undefined || !isWorkerd(child, port)) return;
      pid = child.pid;
      guard(child);
    });
  };
  subscribe("child_process", onChild);
  return { pid: () => pid, end: () => unsubscribe("child_process", onChild) };
}
