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
  /** True where building takes minutes: it is built when it is asked for by `HAQEI_BUILD_PROGRAMS`, never by the way. */
  large?: boolean;
}

/** The same version as the images of `temporal-docker/compose.yaml`. */
export const TEMPORAL_SERVER: GoPrograms = {
  name: "temporal-server",
  version: "1.29.1",
  packages: ["go.temporal.io/server/cmd/server", "go.temporal.io/server/cmd/tools/sql"],
  large: true,
};
export const VERSITYGW: GoPrograms = {
  name: "versitygw",
  version: "1.8.0",
  packages: ["github.com/versity/versitygw/cmd/versitygw"],
  large: true,
};

/** Holds Kubernetes' resources against schemas. */
export const KUBECONFORM: GoPrograms = {
  name: "kubeconform",
  version: "0.7.0",
  packages: ["github.com/yannh/kubeconform/cmd/kubeconform"],
};
/** What `docker compose` reads its files with: schema, overrides, references. Its program is named `cmd`. */
export const COMPOSE: GoPrograms = {
  name: "compose-go",
  version: "2.10.1",
  packages: ["github.com/compose-spec/compose-go/v2/cmd"],
};

/**
 * Folder of programs built from their Go modules, which takes minutes once: they stay in the user's cache. Undefined, with a
 * message, where there is no Go or the modules are not reachable.
 */
export function goPrograms({ name, version, packages, large = false }: GoPrograms): string | undefined {
  const folder = join(sharedCache(), `${name}-${version}`);
  if (packages.every((path) => existsSync(join(folder, basename(path))))) return folder;
  if (large && !process.env.HAQEI_BUILD_PROGRAMS) {
    console.warn(`${name} ${version} is not built yet, which takes minutes: npm run test:topology does it.`);
    return undefined;
  }
  mkdirSync(sharedCache(), { recursive: true });
  const draft = mkdtempSync(join(sharedCache(), ".go-"));
  console.warn(`Building ${name} ${version} from its Go module, once.`);
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

/** Folder of a Go module's sources, in Go's own cache. Undefined, with a message, where there is no Go or the module is not reachable. */
export function goModule(module: string, version: string): string | undefined {
  const { status, error, stdout } = spawnSync("go", ["mod", "download", "-json", `${module}@v${version}`], {
    encoding: "utf8",
  });
  if (status === 0) return (JSON.parse(stdout) as { Dir: string }).Dir;
  console.warn(`${module} ${version} could not be had: ${error?.message ?? stdout.trim()}`);
  return undefined;
}
