import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Dependencies } from "#activities/dependencies.ts";
import type { Config, RegistryConfig, StoreConfig } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import type { LoadedConfig } from "#local/config.ts";
import { type Endpoints, embeddingsFile, type Home, homeSigner } from "#local/home.ts";
import { measureInWorkerd } from "#local/workerd.ts";
import type { ArtefactStore } from "#stores/artefacts.ts";
import { folderCheckpoints } from "#stores/checkpoints.ts";
import { createEdgeClient, type EdgeLocation } from "#stores/edge.ts";
import { localEdgeBucket } from "#stores/edge-bucket.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { postgresRegistry } from "#stores/postgres-registry.ts";
import { type Registry, sqliteRegistry } from "#stores/registry.ts";
import { s3Artefacts } from "#stores/s3-artefacts.ts";
import { codeDigests } from "./code-digests.ts";

type Bucket = Extract<StoreConfig, { kind: "s3" }>;

/** A bucket that the config names. Throws InputError where its keys are not in the environment. */
function bucketOf(store: Bucket, environment: NodeJS.ProcessEnv = process.env): ArtefactStore {
  const { endpoint, bucket, region } = store;
  const who = `the bucket ${bucket}`;
  return s3Artefacts({
    endpoint,
    bucket,
    region,
    accessKeyId: secretOf(environment, store.accessKeyIdVariable, who),
    secretAccessKey: secretOf(environment, store.secretAccessKeyVariable, who),
  });
}

/** The artefact store that the config names. Throws InputError where its keys are not in the environment. */
export const artefactStore = (store: StoreConfig, folder: string): ArtefactStore =>
  store.kind === "folder" ? folderArtefacts(folder) : bucketOf(store);

/** The store that the edge reads released models from. Throws InputError where its keys are not in the environment. */
export const releasedStore = (released: Config["released"], edge: EdgeLocation): ArtefactStore =>
  released.kind === "edge" ? s3Artefacts(localEdgeBucket(edge)) : bucketOf(released);

/** The registry that the config names. Throws InputError where its address is not in the environment. */
export const openRegistry = (
  registry: RegistryConfig,
  file: string,
  environment: NodeJS.ProcessEnv = process.env,
): Registry =>
  registry.kind === "sqlite"
    ? sqliteRegistry(file)
    : postgresRegistry(secretOf(environment, registry.urlVariable, "the registry"));

/** The same for a look, which makes no file: undefined where nothing has run in this home. */
export const existingRegistry = (registry: RegistryConfig, file: string): Registry | undefined =>
  registry.kind === "sqlite" && !existsSync(file) ? undefined : openRegistry(registry, file);

function secretOf(environment: NodeJS.ProcessEnv, variable: string, who: string): string {
  const value = environment[variable];
  if (value) return value;
  throw new InputError(`${who} needs ${variable}`, `Set ${variable} in the environment of the workers.`);
}

/** What this process's activities work with; one that serves pages says where a run's picture is. */
export async function connectDependencies(
  home: Home,
  loaded: LoadedConfig,
  endpoints: Endpoints,
): Promise<Dependencies> {
  const adminSecret = readFileSync(endpoints.adminSecretFile, "utf8").trim();
  const { url } = endpoints.edge;
  const { store, released } = loaded.config;
  const signer = homeSigner(home);
  return {
    config: loaded.config,
    directory: loaded.directory,
    artefacts: artefactStore(store, home.artefacts),
    released: releasedStore(released, { url, adminSecret }),
    registry: openRegistry(loaded.config.registry, home.registryFile),
    scratch: join(home.directory, "scratch"),
    logs: home.logs,
    checkpoints: folderCheckpoints(join(home.directory, "checkpoints")),
    embeddings: embeddingsFile(home),
    edge: createEdgeClient({ url, adminSecret }, signer),
    signer,
    measureAsServed: measureInWorkerd,
    codeDigests: await codeDigests(),
    picture: () => undefined,
    now: Date.now,
  };
}
