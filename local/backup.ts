import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { backup as copyDatabase, DatabaseSync } from "node:sqlite";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { InputError, NotFoundError } from "#contracts/errors.ts";
import type { Home } from "./home.ts";
import type { Progress } from "./progress.ts";

const MANIFEST = "backup.json";

/** What a backup holds, with digests: what was changed or cut off is found before anything is put in place. */
const Manifest = z.strictObject({
  schema: z.literal(1),
  /** When it was begun, ms since 1970: what happened later is not in it. */
  at: z.number().int(),
  files: z.array(z.strictObject({ path: z.string(), bytes: z.number().int(), sha256: z.string() })),
});
type Manifest = z.infer<typeof Manifest>;

export interface BackedUp {
  files: number;
  bytes: number;
  /** SHA-256 of the list of files with their digests. */
  digest: string;
  at: number;
  seconds: number;
}

/**
 * What is kept of a home, in the order in which it is copied: what refers to something is copied before what it refers to, so that
 * nothing in the backup points at what came later. The registry's cursor before the event log; the tables of R2 before its
 * objects; the registry's references before the artefacts.
 */
const PARTS = ["registry.db", "edge", "temporal", "artefacts", "secrets"];
/** Begun anew by each start, or made again: no part of a backup. */
const isScratch = (name: string): boolean => /-(wal|shm|journal)$|\.(tmp|partial)$/.test(name);
/** Pages a step: a copy in steps begins anew whenever somebody writes between two, and would never end in a busy home. */
const AT_ONCE = 2 ** 31 - 1;
const isDatabase = (name: string): boolean => /\.(db|sqlite)$/.test(name);

/**
 * Copies a home, whether or not it runs: databases through SQLite's own online backup, a consistent state of each; the rest as files that
 * are written once. The folder must not be there yet, or be empty; it is whole or it is not there.
 *
 * @param secrets with them the restored home can sign and be spoken to as before; the folder is for its owner only
 * @throws InputError where the folder is in use; NotFoundError where the home holds nothing
 */
export async function backUp(
  home: Home,
  folder: string,
  { secrets = true, log }: { secrets?: boolean; log?: Progress } = {},
): Promise<BackedUp> {
  const begun = Date.now();
  await refuseUsed(folder);
  const parts = secrets ? PARTS : PARTS.filter((part) => part !== "secrets");
  const paths = (await Promise.all(parts.map((part) => filesIn(home.directory, part)))).flat();
  if (paths.length === 0)
    throw new NotFoundError(`${home.directory} holds nothing to keep.`, "Name a home with --home, or start one first.");

  const draft = `${folder}.${process.pid}.partial`;
  await mkdir(draft, { recursive: true, mode: 0o700 });
  try {
    const files: Manifest["files"] = [];
    for (const [index, path] of paths.entries()) {
      const to = join(draft, path);
      await mkdir(dirname(to), { recursive: true, mode: 0o700 });
      const isThere = await copied(join(home.directory, path), to);
      // Deleted since it was listed, as retention does: nothing refers to it any more.
      if (!isThere) continue;
      files.push({ path: path.split(sep).join("/"), bytes: (await stat(to)).size, sha256: await digestOfFile(to) });
      if (index % 200 === 199) log?.(`${index + 1} of ${paths.length} files`);
    }
    const manifest: Manifest = { schema: 1, at: begun, files };
    await writeFile(join(draft, MANIFEST), JSON.stringify(manifest, null, 1), { mode: 0o600 });
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
    return { ...summaryOf(manifest), at: begun, seconds: (Date.now() - begun) / 1000 };
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Puts a backup in place as a home that holds nothing yet. Everything is checked first; the home is whole or not there.
 * @throws InputError where the home holds something; NotFoundError where there is no backup; InputError naming what was changed.
 */
export async function restore(home: Home, folder: string, { log }: { log?: Progress } = {}): Promise<BackedUp> {
  const begun = Date.now();
  const manifest = await manifestOf(folder);
  await refuseUsed(home.directory);
  const draft = `${home.directory}.${process.pid}.partial`;
  try {
    for (const [index, { path, sha256, bytes }] of manifest.files.entries()) {
      const from = join(folder, path);
      if (relative(folder, from).startsWith("..")) throw damaged(path, "it leads out of the folder");
      const to = join(draft, path);
      await mkdir(dirname(to), { recursive: true, mode: 0o700 });
      await copyFile(from, to).catch((cause: unknown) => {
        throw damaged(path, "it cannot be read", cause);
      });
      if ((await stat(to)).size !== bytes || (await digestOfFile(to)) !== sha256)
        throw damaged(path, "it is not what was backed up");
      if (index % 200 === 199) log?.(`${index + 1} of ${manifest.files.length} files`);
    }
    await mkdir(dirname(home.directory), { recursive: true });
    await rm(home.directory, { recursive: true, force: true });
    await rename(draft, home.directory);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  return { ...summaryOf(manifest), at: manifest.at, seconds: (Date.now() - begun) / 1000 };
}

async function manifestOf(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, MANIFEST), "utf8").catch(() => undefined);
  if (text === undefined)
    throw new NotFoundError(`${folder} is no backup: it holds no ${MANIFEST}.`, "Name what `haqei backup` wrote.");
  try {
    return Manifest.parse(JSON.parse(text));
  } catch (cause) {
    throw damaged(MANIFEST, "it is no list of files", cause);
  }
}

const damaged = (path: string, how: string, cause?: unknown): InputError =>
  new InputError(`The backup is damaged at ${path}: ${how}.`, "Nothing was restored. Take another backup.", { cause });

async function refuseUsed(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  if (names.length > 0)
    throw new InputError(`${folder} holds something already.`, "Name a folder that is empty or not there yet.");
}

/** Paths under `part` of `root`, relative to `root`; none where it is not there. */
async function filesIn(root: string, part: string): Promise<string[]> {
  const found = await stat(join(root, part)).catch(() => undefined);
  if (found === undefined) return [];
  if (found.isFile()) return [part];
  const entries = await readdir(join(root, part), { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && !isScratch(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
  // Tables before the objects that they refer to.
  return [...paths.filter(isDatabase).sort(), ...paths.filter((path) => !isDatabase(path)).sort()];
}

async function copied(from: string, to: string): Promise<boolean> {
  try {
    if (!isDatabase(from)) {
      await copyFile(from, to);
      return true;
    }
    // Opened for writing too: where the last process was killed, its journal is taken up first.
    const source = new DatabaseSync(from);
    try {
      source.exec("PRAGMA busy_timeout = 10000");
      await copyDatabase(source, to, { rate: AT_ONCE });
    } finally {
      source.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

const summaryOf = ({ files }: Manifest): Pick<BackedUp, "files" | "bytes" | "digest"> => ({
  files: files.length,
  bytes: files.reduce((sum, file) => sum + file.bytes, 0),
  digest: createHash("sha256").update(JSON.stringify(files)).digest("hex"),
});
