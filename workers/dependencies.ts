import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Dependencies } from "#activities/dependencies.ts";
import type { StoreConfig } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import type { LoadedConfig } from "#local/config.ts";
import { type Endpoints, embeddingsFile, type Home } from "#local/home.ts";
import type { ArtefactStore } from "#stores/artefacts.ts";
import { folderCheckpoints } from "#stores/checkpoints.ts";
import { createEdgeClient } from "#stores/edge.ts";
import { localEdgeBucket } from "#stores/edge-bucket.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { sqliteRegistry } from "#stores/registry.ts";
import { s3Artefacts } from "#stores/s3-artefacts.ts";
import { codeDigests } from "./code-digests.ts";

/** The artefact store that the config names. Throws InputError where its keys are not in the environment. */
function artefactStore(
  store: StoreConfig,
  folder: string,
  environment: NodeJS.ProcessEnv = process.env,
): ArtefactStore {
  if (store.kind === "folder") return folderArtefacts(folder);
  const key = (variable: string): string => {
    const value = environment[variable];
    if (value) return value;
    throw new InputError(
      `the artefact store ${store.bucket} needs ${variable}`,
      `Set ${variable} in the environment of the workers.`,
    );
  };
  return s3Artefacts({
    endpoint: store.endpoint,
    bucket: store.bucket,
    region: store.region,
    accessKeyId: key(store.accessKeyIdVariable),
    secretAccessKey: key(store.secretAccessKeyVariable),
  });
}

/** What this process's activities work with. `pageUrl` is where this worker's pages are, if it has any. */
export async function connectDependencies(
  home: Home,
  loaded: LoadedConfig,
  endpoints: Endpoints,
  pageUrl: string | undefined,
): Promise<Dependencies> {
  const adminSecret = readFileSync(endpoints.adminSecretFile, "utf8").trim();
  const { url } = endpoints.edge;
  return {
    config: loaded.config,
    directory: loaded.directory,
    artefacts: artefactStore(loaded.config.store, home.artefacts),
    released: s3Artefacts(localEdgeBucket({ url, adminSecret })),
    registry: sqliteRegistry(home.registryFile),
    checkpoints: folderCheckpoints(join(home.directory, "checkpoints")),
    embeddings: embeddingsFile(home),
    edge: createEdgeClient({ url, adminSecret }),
    codeDigests: await codeDigests(),
    picture: (workflowId) => (pageUrl ? `${pageUrl}/runs/${encodeURIComponent(workflowId)}` : undefined),
    now: Date.now,
  };
}
