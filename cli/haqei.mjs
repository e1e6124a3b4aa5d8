#!/usr/bin/env node
/**
 * Starts the command line on a Node that runs TypeScript as it stands (22.18 or later): this one, or the one that the
 * package brings along.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const QUIET = "--disable-warning=ExperimentalWarning";
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const runsTypeScript = major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);

if (runsTypeScript && process.execArgv.includes(QUIET)) {
  // Our starter was killed: end in order, as if told to.
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.channel?.unref();
  // Nobody reads us any more (`haqei logs --follow | head`): the same.
  for (const stream of [process.stdout, process.stderr])
    stream.once("error", () => {
      stream.on("error", () => {});
      process.kill(process.pid, "SIGTERM");
    });
  const { main } = await import("./main.ts");
  process.exitCode = await main(process.argv.slice(2));
} else {
  const bundled = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));
  const node = runsTypeScript ? process.execPath : bundled;
  if (existsSync(node)) {
    const child = spawn(node, [QUIET, fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
      stdio: ["inherit", "inherit", "inherit", "ipc"],
    });
    // A terminal's Ctrl-C reaches the child as well, which ends in order; `kill` reaches only us.
    process.on("SIGINT", () => {});
    for (const name of ["SIGTERM", "SIGHUP"]) process.on(name, () => child.kill(name));
    child.on("exit", (code, signal) => {
      process.exitCode = signal === null ? (code ?? 1) : 1;
    });
  } else {
    process.stderr.write(
      `haqei needs Node 22.18 or later; this is ${process.version}.\nRun \`npm ci\`, which brings one along.\n`,
    );
    process.exitCode = 3;
  }
}
