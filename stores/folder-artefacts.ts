import { randomUUID } from "node:crypto";
import { access, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { blessingName } from "#contracts/blessing.ts";
import { NotFoundError } from "#contracts/errors.ts";
import { Manifest } from "#contracts/manifest.ts";
import { type ArtefactStore, artefactName, MANIFESTS, manifestName, manifestOf, verified } from "./artefacts.ts";

/** Writes a file whole or not at all: a crash leaves either the old file or the new one. */
export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}.part`;
  const file = await open(draft, "w");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** An artefact store in a folder of this machine. */
export function folderArtefacts(folder: string): ArtefactStore {
  const read = async (name: string, digest: string): Promise<Uint8Array> => {
    try {
      const buffer = await readFile(join(folder, name));
      return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
      throw new NotFoundError(
        `artefact ${digest.slice(0, 12)} is not in ${folder}`,
        "Run the stage that makes it again: haqei run daily --again.",
        { cause },
      );
    }
  };
  return {
    async put(kind, bytes, provenance) {
      const manifest = manifestOf(kind, bytes, provenance);
      const path = join(folder, artefactName(manifest.sha256));
      if (!(await exists(path))) await writeWhole(path, bytes);
      const beside = join(folder, manifestName(manifest.sha256));
      if (!(await exists(beside))) await writeWhole(beside, `${JSON.stringify(manifest, null, 2)}\n`);
      return { uri: pathToFileURL(path).href, sha256: manifest.sha256, bytes: manifest.bytes, kind };
    },
    async get({ sha256 }) {
      return verified(await read(artefactName(sha256), sha256), sha256, folder);
    },
    has: ({ sha256 }) => exists(join(folder, artefactName(sha256))),
    async manifest({ sha256 }) {
      return Manifest.parse(JSON.parse(new TextDecoder().decode(await read(manifestName(sha256), sha256))));
    },
    bless: (blessing) => writeWhole(join(folder, blessingName(blessing.artefact)), `${JSON.stringify(blessing)}\n`),
    async blessing({ sha256 }) {
      const path = join(folder, blessingName(sha256));
      return (await exists(path)) ? JSON.parse(await readFile(path, "utf8")) : undefined;
    },
    async list() {
      const names = (await exists(join(folder, MANIFESTS))) ? await readdir(join(folder, MANIFESTS)) : [];
      return Promise.all(
        names
          .filter((name) => name.endsWith(".json"))
          .map(async (name) => {
            const manifest = Manifest.parse(JSON.parse(await readFile(join(folder, MANIFESTS, name), "utf8")));
            const bytes = await stat(join(folder, artefactName(manifest.sha256))).catch(() => undefined);
            return { manifest, storedAt: bytes?.mtimeMs };
          }),
      );
    },
    async remove({ sha256 }) {
      for (const name of [artefactName(sha256), blessingName(sha256)]) await rm(join(folder, name), { force: true });
    },
  };
}
