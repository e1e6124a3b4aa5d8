import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorkflowCode, type Logger } from "@temporalio/worker";
import { writeWhole } from "#stores/folder-artefacts.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** The rooms that workflow code may import. */
const SOURCES = ["workflows/**/*.ts", "policy/**/*.ts", "contracts/**/*.ts", "package-lock.json"];

/** Path of the bundled workflow code, made where the sources changed since it was last made: workers start at once otherwise. */
export async function workflowBundle(cacheFolder: string, logger?: Logger): Promise<string> {
  const path = join(cacheFolder, `workflows-${await digestOfSources()}.js`);
  if (existsSync(path)) return path;
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(ROOT, "workflows/index.ts"),
    workflowInterceptorModules: [join(ROOT, "workflows/tracing.ts")],
    ...(logger ? { logger } : {}),
  });
  await writeWhole(path, code);
  return path;
}

async function digestOfSources(): Promise<string> {
  const files: string[] = [];
  for await (const file of glob(SOURCES, { cwd: ROOT })) if (!file.endsWith(".test.ts")) files.push(file);
  const hash = createHash("sha256");
  for (const file of files.sort()) hash.update(file).update(await readFile(join(ROOT, file)));
  return hash.digest("hex").slice(0, 16);
}
