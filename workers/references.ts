import { existsSync, readFileSync } from "node:fs";
import { InputError, NotFoundError } from "#contracts/errors.ts";
import { Served } from "#contracts/event.ts";
import { type Home, jsonOrUndefined, readEndpoints } from "#local/home.ts";
import { readModel } from "#local/model-folder.ts";
import { decodeModel } from "#model/codec.ts";
import type { Model } from "#model/model.ts";
import type { ArtefactStore } from "#stores/artefacts.ts";
import { createEdgeClient } from "#stores/edge.ts";
import { localEdgeBucket } from "#stores/edge-bucket.ts";
import { sqliteRegistry } from "#stores/registry.ts";
import { readReleases } from "#stores/releases.ts";
import { s3Artefacts } from "#stores/s3-artefacts.ts";

/** What people may call a thing by, and where it is looked for. */
export interface References {
  home: Home;
  artefacts: ArtefactStore;
}

const ALIASES = ["current", "canary", "previous"] as const;
type Alias = (typeof ALIASES)[number];
const isAlias = (text: string): text is Alias => (ALIASES as readonly string[]).includes(text);

/** Shorter beginnings of a digest name too much. */
const SHORTEST_PREFIX = 6;

/** `v1.<payload>.<signature>` as the edge hands it out; who reads its own predictions need not check the signature. */
function servedOf(eventId: string): Served | undefined {
  const payload = /^v1\.([\w-]+)\.[\w-]+$/.exec(eventId)?.[1];
  if (payload === undefined) return undefined;
  return Served.safeParse(jsonOrUndefined(Buffer.from(payload, "base64url").toString("utf8"))).data;
}

/**
 * The digest that a name stands for: a prediction's `eventId` (the model that gave it), an alias of the release, a version, or a
 * digest or its beginning.
 *
 * @throws NotFoundError where nothing has that name; InputError where more than one thing has; NotReachableError for an alias while
 * the edge is away
 */
export async function resolveDigest(name: string, { home, artefacts }: References): Promise<string> {
  const served = servedOf(name);
  if (served) return served.model;
  if (isAlias(name)) return aliased(name, home);
  const versioned = await recordedVersion(name, home);
  if (versioned) return versioned;
  if (!/^[0-9a-f]+$/.test(name) || name.length < SHORTEST_PREFIX)
    throw new InputError(
      `${name} is no name of anything`,
      `Give an eventId, ${ALIASES.join(", ")}, a version, or ${SHORTEST_PREFIX} or more digits of a digest.`,
    );
  const manifests = (await artefacts.list()).map(({ manifest }) => manifest);
  const known = new Set(
    manifests.flatMap(({ sha256, parents }) => [sha256, ...parents.map((parent) => parent.sha256)]),
  );
  const [found, ...more] = [...known].filter((digest) => digest.startsWith(name));
  if (found === undefined)
    throw new NotFoundError(
      `nothing with digest ${name} is known here`,
      "`haqei status` lists runs and what they made.",
    );
  if (more.length > 0) throw new InputError(`${more.length + 1} digests begin with ${name}`, "Give more of it.");
  return found;
}

async function aliased(alias: Alias, home: Home): Promise<string> {
  const { edge } = readEndpoints(home);
  const release = await createEdgeClient({ url: edge.url, adminSecret: "" }).release();
  const digest = release[alias]?.sha256;
  if (digest) return digest;
  throw new NotFoundError(`there is no ${alias} model`, "`haqei status` says which models are served.");
}

async function recordedVersion(version: string, home: Home): Promise<string | undefined> {
  if (!version.startsWith("v") || !existsSync(home.registryFile)) return undefined;
  const registry = sqliteRegistry(home.registryFile);
  try {
    return (await readReleases(registry)).find((record) => record.version === version)?.sha256;
  } finally {
    registry.close();
  }
}

/**
 * The model that a path (a folder that `train` wrote, or a file) or a name stands for.
 * @throws as `resolveDigest`, and NotFoundError where its bytes are gone
 */
export async function resolveModel(name: string, references: References): Promise<{ sha256: string; model: Model }> {
  if (existsSync(name)) return readModel(name);
  const sha256 = await resolveDigest(name, references);
  const { artefacts, home } = references;
  const from = (await artefacts.has({ sha256 })) ? artefacts : released(home);
  return { sha256, model: decodeModel(await from.get({ sha256 })) };
}

/** What the edge of this home has in its bucket. */
function released(home: Home): ArtefactStore {
  const { edge, adminSecretFile } = readEndpoints(home);
  return s3Artefacts(localEdgeBucket({ url: edge.url, adminSecret: readFileSync(adminSecretFile, "utf8").trim() }));
}
