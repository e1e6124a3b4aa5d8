import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ConflictError } from "#contracts/errors.ts";

const EXAMPLE = fileURLToPath(new URL("example", import.meta.url));

/**
 * Writes a config and a small data set of another taxonomy into a folder, which is made where it is missing.
 * @returns the files, relative to the folder
 * @throws ConflictError where one of them is there already: nothing is written then
 */
export async function writeExample(folder: string): Promise<string[]> {
  const entries = await readdir(EXAMPLE, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(EXAMPLE, join(entry.parentPath, entry.name)))
    .sort();
  const there = files.filter((file) => existsSync(join(folder, file)));
  if (there.length > 0)
    throw new ConflictError(`${resolve(folder)} holds ${there.join(", ")} already`, "Name an empty or new folder.");
  for (const file of files) {
    const path = join(folder, file);
    await mkdir(dirname(path), { recursive: true });
    await copyFile(join(EXAMPLE, file), path);
  }
  return files;
}
