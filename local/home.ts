import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { InputError, NotReachableError } from "#contracts/errors.ts";
import { createSigner, newSigningKey, type Signer } from "#stores/signing.ts";

/** Where everything of one installation lies; two homes share nothing but the cache of downloaded binaries. */
export type Home = {
  directory: string;
  /** Addresses of what runs (`Endpoints`). */
  endpointsFile: string;
  /** Processes that a start left, to be ended by the next one (`processes.ts`). */
  processesFile: string;
  /** Held by the start that is alive (`lock.ts`). */
  lockFile: string;
  adminSecretFile: string;
  /** Private key that models are blessed and pointers signed with, and the one before it while keys are changed. */
  signingKeyFile: string;
  formerSigningKeyFile: string;
  logs: string;
  temporalDatabase: string;
  /** Persistent state of the edge: its tables, key-value pairs and objects. */
  edge: string;
  /** The content-addressed store, where the config says `folder`. */
  artefacts: string;
  registryFile: string;
  /** What can be made again, such as the workflow bundle. */
  cache: string;
};

/** The layout of the home in `directory`. Touches nothing. */
export function homeIn(directory: string): Home {
  const root = resolve(directory);
  return {
    directory: root,
    endpointsFile: join(root, "endpoints.json"),
    processesFile: join(root, "processes.json"),
    lockFile: join(root, "start.lock"),
    adminSecretFile: join(root, "secrets", "admin"),
    signingKeyFile: join(root, "secrets", "signing"),
    formerSigningKeyFile: join(root, "secrets", "signing.former"),
    logs: join(root, "logs"),
    temporalDatabase: join(root, "temporal", "temporal.db"),
    edge: join(root, "edge"),
    artefacts: join(root, "artefacts"),
    registryFile: join(root, "registry.db"),
    cache: join(root, "cache"),
  };
}

/** The home in use: the one named, else `HAQEI_HOME`, else `.haqei` in the config's folder. */
export function resolveHome(
  configDirectory: string,
  options: { home?: string | undefined; env?: NodeJS.ProcessEnv } = {},
): Home {
  const env = options.env ?? process.env;
  return homeIn(options.home ?? (env["HAQEI_HOME"] || join(configDirectory, ".haqei")));
}

/** Creates the home's folders where they are missing. */
export function prepareHome(home: Home): Home {
  for (const folder of [home.logs, dirname(home.temporalDatabase), home.edge, home.artefacts, home.cache])
    mkdirSync(folder, { recursive: true });
  mkdirSync(dirname(home.adminSecretFile), { recursive: true, mode: 0o700 });
  return home;
}

/** Where a teacher's embeddings are kept in a home. */
export const embeddingsFile = (home: Home): string => join(home.cache, "embeddings.db");

/** Folder of downloaded binaries, shared by all homes of a user. */
export function sharedCache(env: NodeJS.ProcessEnv = process.env): string {
  return join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "haqei");
}

/** Addresses of what runs in a home (cli.md `endpoints.json`). `metrics` is there once a worker has said where. */
export const Endpoints = z.object({
  temporal: z.object({
    address: z.string().min(1),
    namespace: z.string().min(1),
    ui: z.url().optional(),
    /** Files in PEM; with certificate and key the client proves who it is (mTLS). */
    tls: z
      .strictObject({
        caFile: z.string().optional(),
        certificateFile: z.string().optional(),
        keyFile: z.string().optional(),
        serverName: z.string().optional(),
      })
      .optional(),
  }),
  edge: z.object({ url: z.url() }),
  adminSecretFile: z.string().min(1),
  metrics: z.object({ url: z.url() }).optional(),
});
export type Endpoints = z.infer<typeof Endpoints>;

/**
 * The addresses written by the start that is (or was) alive; or those of the file that `HAQEI_ENDPOINTS` names, where servers are
 * started by something else (`temporal-docker/`).
 * @throws NotReachableError where nothing was started; InputError where the file is damaged.
 */
export function readEndpoints(home: Home, env: NodeJS.ProcessEnv = process.env): Endpoints {
  const file = env["HAQEI_ENDPOINTS"] || home.endpointsFile;
  if (!existsSync(file))
    throw new NotReachableError(
      file === home.endpointsFile
        ? `Nothing is started in ${home.directory}: it holds no endpoints.json.`
        : `HAQEI_ENDPOINTS names ${file}, which is not there.`,
      "Start the servers with `npx haqei start`, or name another home with --home or HAQEI_HOME.",
    );
  const parsed = Endpoints.safeParse(jsonOrUndefined(readFileSync(file, "utf8")));
  if (!parsed.success)
    throw new InputError(
      `${file} is damaged: ${z.prettifyError(parsed.error)}`,
      file === home.endpointsFile ? "Delete the file and start again." : "Mend the file.",
    );
  return parsed.data;
}

/** Publishes the addresses in one step: a reader sees the earlier or the new ones, never a half. */
export function writeEndpoints(home: Home, endpoints: Endpoints): void {
  writeAtomically(home.endpointsFile, `${JSON.stringify(Endpoints.parse(endpoints), null, 2)}\n`);
}

/** Writes `text` beside `file` and renames it into place. */
export function writeAtomically(file: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  writeFileSync(draft, text, { mode });
  renameSync(draft, file);
}

/** The secret in a file, made on first use and readable by its owner only. */
function secretOf(file: string, make: () => string): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, `${make()}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return readFileSync(file, "utf8").trim();
}

/**
 * What models are blessed and pointers signed with: the key in `HAQEI_SIGNING_KEY` (PEM; the one before it in
 * `HAQEI_FORMER_SIGNING_KEY`), else the home's own, made on first use.
 * @throws InputError where a key is none.
 */
export function homeSigner(home: Home, env: NodeJS.ProcessEnv = process.env): Signer {
  const given = env["HAQEI_SIGNING_KEY"];
  if (given) return createSigner(given, env["HAQEI_FORMER_SIGNING_KEY"] || undefined);
  const former = existsSync(home.formerSigningKeyFile) ? readFileSync(home.formerSigningKeyFile, "utf8") : undefined;
  return createSigner(secretOf(home.signingKeyFile, newSigningKey), former);
}

/** The bearer secret of the edge's admin routes: 32 random bytes in hex, made on first use and readable by its owner only. */
export function adminSecret(home: Home): string {
  const secret = secretOf(home.adminSecretFile, () => randomBytes(32).toString("hex"));
  if (!/^[0-9a-f]{64}$/.test(secret))
    throw new InputError(`${home.adminSecretFile} holds no secret.`, "Delete the file: the next start makes another.");
  return secret;
}

/** Parsed JSON, or undefined where the text is none. */
export function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
