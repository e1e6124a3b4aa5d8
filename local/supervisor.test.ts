import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ConflictError, NotReachableError } from "#contracts/errors.ts";
import { type Home, homeIn, prepareHome } from "./home.ts";
import {
  cleanUp,
  identify,
  isAlive,
  type ProcessIdentity,
  readProcesses,
  startTime,
  stopHome,
  waitUntil,
  writeProcesses,
} from "./processes.ts";
import { type ChildSpecification, createSupervisor, type Supervisor } from "./supervisor.ts";

let home: Home;
let open: Supervisor[] = [];
let others: ChildProcess[] = [];
beforeEach(() => {
  home = prepareHome(homeIn(mkdtempSync(join(tmpdir(), "haqei-supervisor-"))));
  open = [];
  others = [];
});
afterEach(async () => {
  for (const supervisor of open) await supervisor.stop();
  for (const child of others) child.kill("SIGKILL");
  await cleanUp(home, { graceSeconds: 0 });
  rmSync(home.directory, { recursive: true, force: true });
});

async function supervise(): Promise<Supervisor> {
  const supervisor = await createSupervisor(home, { log: () => undefined, backoff: () => 20 });
  open.push(supervisor);
  return supervisor;
}

/** A Node child that runs `code` after it has said that it is ready. */
function child(name: string, code: string, more: Partial<ChildSpecification> = {}): ChildSpecification {
  const script = `process.send({ type: "ready", endpoints: { metrics: { url: "http://x/" + process.pid } } }); ${code}`;
  return { name, command: process.execPath, args: ["-e", script], ready: "message", readySeconds: 20, ...more };
}
const IDLE = "setInterval(() => {}, 1000);";
const identityOf = (supervisor: Supervisor, name: string): ProcessIdentity | undefined =>
  supervisor.children().find((state) => state.name === name);
const dead = (pid: number): boolean => startTime(pid) === undefined;

test("a child is ready when it says so, its output is logged, and it ends with the supervisor", async () => {
  const supervisor = await supervise();
  const said = await supervisor.start(child("one", `console.log("hello"); console.error("warned"); ${IDLE}`));
  const state = identityOf(supervisor, "one");
  expect(said?.endpoints?.["metrics"]?.url).toBe(`http://x/${state?.pid}`);
  expect(readProcesses(home)).toMatchObject({
    supervisor: identify(process.pid),
    children: [{ name: "one", ...state, restarts: 0 }],
  });
  expect(await waitUntil(() => readFileSync(join(home.logs, "one.log"), "utf8").includes("warned"), 10)).toBe(true);
  expect(await supervisor.stop()).toEqual(["one"]);
  expect(dead(state?.pid ?? 0)).toBe(true);
  expect(existsSync(home.processesFile)).toBe(false);
  expect(readFileSync(join(home.logs, "one.log"), "utf8")).toContain("hello");
});

test("children end in reverse order, each before the next is told, and SIGKILL follows where SIGTERM is ignored", async () => {
  const supervisor = await supervise();
  const order = join(home.directory, "order");
  const write = `process.on("SIGTERM", () => setTimeout(() => { require("fs").appendFileSync(${JSON.stringify(order)}, NAME); process.exit(0); }, 100)); ${IDLE}`;
  await supervisor.start(child("a", write.replace("NAME", '"a"')));
  await supervisor.start(child("b", write.replace("NAME", '"b"')));
  await supervisor.start(child("deaf", `process.on("SIGTERM", () => {}); ${IDLE}`, { graceSeconds: 0.2 }));
  const pids = supervisor.children().map(({ pid }) => pid);
  expect(await supervisor.stop()).toEqual(["deaf", "b", "a"]);
  expect(readFileSync(order, "utf8")).toBe("ba");
  expect(pids.filter((pid) => !dead(pid))).toEqual([]);
});

test("a child that is killed is started again, and counted", async () => {
  const supervisor = await supervise();
  const readyFrom: string[] = [];
  await supervisor.start(
    child("one", IDLE, { onReady: (message) => readyFrom.push(message.endpoints?.["metrics"]?.url ?? "") }),
  );
  for (const restarts of [1, 2]) {
    const before = identityOf(supervisor, "one") as ProcessIdentity;
    process.kill(before.pid, "SIGKILL");
    expect(await waitUntil(() => readyFrom.length === restarts + 1, 20)).toBe(true);
    expect(identityOf(supervisor, "one")).toMatchObject({ restarts });
    expect(identityOf(supervisor, "one")?.pid).not.toBe(before.pid);
    expect(readProcesses(home)?.children).toMatchObject([{ name: "one", restarts }]);
  }
  expect(new Set(readyFrom).size).toBe(3);
});

test("what a killed child had started goes with it", async () => {
  const supervisor = await supervise();
  const pidFile = join(home.directory, "grandchild");
  const code = `require("fs").writeFileSync(${JSON.stringify(pidFile)}, String(require("child_process").spawn("sleep", ["600"]).pid)); ${IDLE}`;
  await supervisor.start(child("one", code));
  expect(await waitUntil(() => existsSync(pidFile) && readFileSync(pidFile, "utf8") !== "", 10)).toBe(true);
  const grandchild = Number(readFileSync(pidFile, "utf8"));
  expect(dead(grandchild)).toBe(false);
  process.kill(identityOf(supervisor, "one")?.pid ?? 0, "SIGKILL");
  expect(await waitUntil(() => dead(grandchild), 10)).toBe(true);
});

test("a child that ends before it is ready, says nothing, or is no program fails the start and is not tried again", async () => {
  const supervisor = await supervise();
  const silent: ChildSpecification = {
    name: "x",
    command: process.execPath,
    args: ["-e", IDLE],
    ready: "message",
    readySeconds: 0.3,
    graceSeconds: 0.2,
  };
  await expect(
    supervisor.start({ ...silent, args: ["-e", "console.log('why'); process.exit(3)"], readySeconds: 20 }),
  ).rejects.toThrow(/ended before/);
  await expect(supervisor.start(silent)).rejects.toThrow(/not ready within/);
  const failure = await supervisor
    .start({ ...silent, command: join(home.directory, "nothing") })
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(NotReachableError);
  expect((failure as NotReachableError).hint).toContain("haqei logs x");
  expect(supervisor.children()).toEqual([]);
  expect(readFileSync(join(home.logs, "x.log"), "utf8")).toContain("why");
});

test("a child without a channel is asked until it answers", async () => {
  const supervisor = await supervise();
  let asked = 0;
  const ready = async () => {
    asked += 1;
    if (asked === 1) throw new Error("not yet");
    return asked > 2;
  };
  await supervisor.start({ name: "plain", command: "sleep", args: ["600"], ready, readySeconds: 20 });
  expect(asked).toBe(3);
});

test("a home has one start: a second is refused until the first has ended", async () => {
  const first = await supervise();
  const refused = await createSupervisor(home, { log: () => undefined }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ConflictError);
  expect((refused as ConflictError).hint).toContain("haqei stop");
  await first.stop();
  await supervise();
});

/** A start in a process of its own, as the command line has it. */
async function startElsewhere(code: string): Promise<ChildProcess> {
  const supervisorModule = fileURLToPath(new URL("./supervisor.ts", import.meta.url));
  const homeModule = fileURLToPath(new URL("./home.ts", import.meta.url));
  const script = `
    import { createSupervisor } from ${JSON.stringify(supervisorModule)};
    import { homeIn } from ${JSON.stringify(homeModule)};
    const supervisor = await createSupervisor(homeIn(${JSON.stringify(home.directory)}), { log: console.error });
    await supervisor.start(${JSON.stringify(child("one", code))});
    process.on("SIGTERM", async () => { await supervisor.stop(); process.exit(0); });
    process.send("up");`;
  const starter = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", script],
    {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    },
  );
  others.push(starter);
  await new Promise<void>((resolve, reject) => {
    starter.once("message", () => resolve());
    starter.once("exit", (code) => reject(new Error(`the starter ended with ${code}`)));
  });
  return starter;
}

test("the next start ends what a killed one left, grandchildren of a dead child included", async () => {
  const pidFile = join(home.directory, "grandchild");
  const starter = await startElsewhere(
    `require("fs").writeFileSync(${JSON.stringify(pidFile)}, String(require("child_process").spawn("sleep", ["600"]).pid)); process.on("disconnect", () => process.exit(0)); ${IDLE}`,
  );
  expect(await waitUntil(() => existsSync(pidFile) && readFileSync(pidFile, "utf8") !== "", 10)).toBe(true);
  const grandchild = Number(readFileSync(pidFile, "utf8"));
  const [left] = readProcesses(home)?.children ?? [];
  if (left === undefined) throw new Error("nothing was recorded");
  starter.kill("SIGKILL");
  // The child saw its parent die and ended; what it had started did not.
  expect(await waitUntil(() => !isAlive(left), 10)).toBe(true);
  expect(dead(grandchild)).toBe(false);
  await supervise();
  expect(dead(grandchild)).toBe(true);
});

test("a child left alone is ended by the next start", async () => {
  const starter = await startElsewhere(IDLE);
  const [left] = readProcesses(home)?.children ?? [];
  starter.kill("SIGKILL");
  expect(await waitUntil(() => dead(starter.pid ?? 0), 10)).toBe(true);
  expect(left !== undefined && isAlive(left)).toBe(true);
  const said: string[] = [];
  open.push(await createSupervisor(home, { log: (line) => said.push(line) }));
  expect(left !== undefined && isAlive(left)).toBe(false);
  expect(said.join()).toContain("one");
});

test("stop ends a start that is alive, and says what it ended", async () => {
  const starter = await startElsewhere(IDLE);
  const [running] = readProcesses(home)?.children ?? [];
  expect(await stopHome(home)).toEqual(["one"]);
  expect(running !== undefined && isAlive(running)).toBe(false);
  expect(dead(starter.pid ?? 0)).toBe(true);
  expect(await stopHome(home)).toEqual([]);
});

test("a process that only has a recorded one's number is left alone", async () => {
  const stranger = spawn("sleep", ["600"], { detached: true });
  others.push(stranger);
  const pid = stranger.pid ?? 0;
  writeProcesses(home, {
    supervisor: { pid, started: "1" },
    children: [{ name: "old", pid, started: "1", restarts: 0 }],
  });
  expect(await cleanUp(home, { graceSeconds: 0.2 })).toEqual([]);
  expect(dead(pid)).toBe(false);
});

test("a damaged record is no record", async () => {
  writeFileSync(home.processesFile, "{");
  expect(readProcesses(home)).toBeUndefined();
  await supervise();
});
