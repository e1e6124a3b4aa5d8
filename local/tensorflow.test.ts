import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

/** A project whose `@tensorflow/tfjs-node` is a stand-in: it loads once its installer has left `binding`. */
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "haqei-tensorflow-"));
  mkdirSync(join(root, "local"));
  copyFileSync(fileURLToPath(new URL("./tensorflow.mjs", import.meta.url)), join(root, "local/tensorflow.mjs"));
  write("node_modules/node-api-headers/package.json", '{ "name": "node-api-headers", "main": "index.js" }');
  write("node_modules/node-api-headers/index.js", 'exports.include_dir = "/nowhere";');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const PACKAGE = "node_modules/@tensorflow/tfjs-node";

function write(path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content, { mode });
}

function standIn(installer: string): void {
  write(`${PACKAGE}/package.json`, '{ "name": "@tensorflow/tfjs-node", "main": "index.js" }');
  write(`${PACKAGE}/scripts/install.js`, installer);
  write(
    `${PACKAGE}/index.js`,
    `if (!require("node:fs").existsSync(__dirname + "/binding")) throw new Error("no binding");
    exports.matMul = () => ({ dataSync: () => [11] });
    exports.version = { "tfjs-node": "0.0.1" };`,
  );
}

const REFUSES = "throw new Error('getaddrinfo ENOTFOUND');";

function run(env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "local/tensorflow.mjs")], {
    encoding: "utf8",
    env: { ...process.env, XDG_CACHE_HOME: join(root, "cache"), ...env },
  });
  return { status, stdout, stderr };
}

test("where the package is not installed, it says how to install it", () => {
  const { status, stderr } = run();
  expect(status).toBe(3);
  expect(stderr).toContain("npm ci");
});

test("the package's own installer comes first, and a second call finds all done", () => {
  standIn('require("node:fs").writeFileSync(__dirname + "/../binding", "");');
  const first = run();
  expect(first).toMatchObject({ status: 0, stdout: "TensorFlow is installed: tfjs-node 0.0.1.\n" });
  expect(first.stderr).toContain("as @tensorflow/tfjs-node does");
  expect(run()).toEqual({ status: 0, stdout: "TensorFlow is there already: tfjs-node 0.0.1.\n", stderr: "" });
});

const onOurPlatform = process.platform === "linux" && process.arch === "x64";

describe.runIf(onOurPlatform)("where the installer's host is not reachable", () => {
  /** Programs of our own instead of the real ones; a `pip` that leaves something else than TensorFlow. */
  const PYTHON = `#!/bin/sh
[ "$3" = --version ] && exit 0
while [ "$1" != --dest ]; do shift; done
echo forged > "$2/tensorflow_cpu.whl"
`;
  const path = () => `${join(root, "bin")}:/nowhere`;
  beforeEach(() => standIn(REFUSES));

  test.each([
    ["python3", "python3-pip"],
    ["g++", "apt-get install g++"],
  ])("it asks for %s before anything is downloaded", (missing, remedy) => {
    for (const program of ["python3", "g++"].filter((name) => name !== missing))
      write(`bin/${program}`, "#!/bin/sh\n", 0o755);
    const { status, stderr } = run({ PATH: path(), CXX: "" });
    expect(status).toBe(3);
    expect(stderr).toContain("ENOTFOUND");
    expect(stderr).toContain(remedy);
    expect(existsSync(join(root, "cache"))).toBe(false);
  });

  test("a wheel with another digest than the known one is not used", () => {
    write("bin/g++", "#!/bin/sh\n", 0o755);
    write("bin/python3", PYTHON, 0o755);
    const { status, stderr } = run({ PATH: `${join(root, "bin")}:/bin:/usr/bin`, CXX: "" });
    expect(status).toBe(3);
    expect(stderr).toContain("tensorflow_cpu.whl has the digest");
    expect(readdirSync(join(root, "cache/haqei"))).toEqual([]);
    expect(existsSync(join(root, PACKAGE, "deps"))).toBe(false);
  });
});
