import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { sharedCache } from "#local/home.ts";

interface GoPrograms {
  /** Name of their folder in the user's cache. */
  name: string;
  version: string;
  /** Packages with a `main`, each of which becomes a program by its last part. */
  packages: readonly string[];
}

/** The same version as the images of `temporal-docker/compose.yaml`. */
export const TEMPORAL_SERVER: GoPrograms = {
  name: "temporal-server",
  version: "1.29.1",
  packages: ["go.temporal.io/server/cmd/server", "go.temporal.io/server/cmd/tools/sql"],
};
export const VERSITYGW: GoPrograms = {
  name: "versitygw",
  version: "1.8.0",
  packages: ["github.com/versity/versitygw/cmd/versitygw"],
};

/**
 * Folder of programs built from their Go modules, which takes minutes once: they stay in the user's cache. Undefined, with a
 * message, where there is no Go or the modules are not reachable.
 */
export function goPrograms({ name, version, packages }: GoPrograms): string | undefined {
  const folder = join(sharedCache(), `${name}-${version}`);
  if (packages.every((path) => existsSync(join(folder, basename(path))))) return folder;
  mkdirSync(sharedCache(), { recursive: true });
  const draft = mkdtempSync(join(sharedCache(), ".go-"));
  console.warn(`Building ${name} ${version} from its Go module: some minutes, once.`);
  const { status, error, stderr } = spawnSync("go", ["install", ...packages.map((path) => `${path}@v${version}`)], {
    env: { ...process.env, GOBIN: draft, GOFLAGS: "-buildvcs=false" },
    encoding: "utf8",
  });
  if (status === 0) {
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
    return folder;
  }
  rmSync(draft, { recursive: true, force: true });
  console.warn(`${name} ${version} could not be built: ${error?.message ?? stderr.trim().split("\n").at(-1)}`);
  return undefined;
}
