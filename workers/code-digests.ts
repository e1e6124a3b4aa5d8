import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { StageActivities } from "#activities/index.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Entries of each stage's code. Training's fit runs in a thread, and deploy's measures in workerd, which no import names. */
const ENTRIES: Record<keyof StageActivities, string[]> = {
  collect: ["activities/collect.ts"],
  preprocess: ["activities/preprocess.ts"],
  train: ["activities/train.ts", "training/thread.ts"],
  validate: ["activities/validate.ts"],
  compress: ["activities/compress.ts"],
  deploy: ["activities/deploy.ts", "training/measure.ts"],
  distribute: ["activities/distribute.ts"],
};

/**
 * Digest of each stage's code: its entries with all they import of this project, bundled, and the exact versions of the packages
 * they use. A comment or another stage's change leaves it as it is.
 */
export async function codeDigests(): Promise<Record<string, string>> {
  const digests = await Promise.all(
    Object.entries(ENTRIES).map(
      async ([activity, entries]) => [activity, await digestOfBundle(ROOT, entries)] as const,
    ),
  );
  return Object.fromEntries(digests);
}

/** Hex SHA-256 of what `entries` (paths below `root`) bundle to, and of the versions of the packages in `root` that they import. */
export async function digestOfBundle(root: string, entries: string[]): Promise<string> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: "out",
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    // Whitespace goes, so that a comment is no change of code; names stay, so that the digest does not hang on a minifier's mood.
    minifyWhitespace: true,
    legalComments: "none",
    plugins: [
      {
        name: "packages stay outside",
        setup: ({ onResolve }) =>
          onResolve({ filter: /^[^.#/]/ }, ({ path, kind }) =>
            kind === "entry-point" ? undefined : { path, external: true },
          ),
      },
    ],
  });
  const hash = createHash("sha256");
  for (const { text } of outputFiles.sort((a, b) => (a.path < b.path ? -1 : 1))) hash.update(text);
  const packages = new Set(
    Object.values(metafile.outputs).flatMap(({ imports }) =>
      imports.filter(({ external }) => external).map(({ path }) => packageOf(path)),
    ),
  );
  for (const name of [...packages].filter((name) => !name.startsWith("node:")).sort())
    hash.update(`${name}@${await versionOf(root, name)}`);
  return hash.digest("hex");
}

const packageOf = (path: string): string => path.split("/", path.startsWith("@") ? 2 : 1).join("/");

async function versionOf(root: string, name: string): Promise<string> {
  try {
    return String(
      (JSON.parse(await readFile(join(root, "node_modules", name, "package.json"), "utf8")) as { version?: unknown })
        .version,
    );
  } catch {
    return "absent";
  }
}
