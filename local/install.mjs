/**
 * Run before `npm start` and `npm test`, on any Node: `npm ci` where the dependencies are missing or are not those of
 * package-lock.json; nothing otherwise. It writes to standard error, so that standard output stays the command's.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const lockFile = join(root, "package-lock.json");
/** Digest of the lock file that was installed last. */
const stamp = join(root, "node_modules", ".haqei-lock-sha256");

const wanted = createHash("sha256").update(readFileSync(lockFile)).digest("hex");
if (readOr(stamp, "") !== wanted) {
  if (!isInstalled()) {
    process.stderr.write("Installing the dependencies (npm ci) …\n");
    const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: root,
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32",
    });
    if (npm.status !== 0) {
      process.stderr.write(
        "npm ci failed: see above. Where the registry is not reachable, set it with `npm config set registry URL`.\n",
      );
      process.exit(3);
    }
  }
  writeFileSync(stamp, wanted);
}

/** True where npm's own record of what it installed agrees with the lock file (an `npm ci` by hand). */
function isInstalled() {
  const record = readOr(join(root, "node_modules", ".package-lock.json"), undefined);
  if (record === undefined) return false;
  const installed = JSON.parse(record).packages;
  return Object.entries(JSON.parse(readFileSync(lockFile, "utf8")).packages).every(
    ([path, { version, optional }]) => path === "" || optional || installed[path]?.version === version,
  );
}

function readOr(file, otherwise) {
  return existsSync(file) ? readFileSync(file, "utf8") : otherwise;
}
