import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "./folder-artefacts.ts";

/** The latest state of unfinished training, by stage key: written over and over, gone when the stage is done. */
export interface CheckpointStore {
  read(key: string): Promise<Uint8Array | undefined>;
  write(key: string, bytes: Uint8Array): Promise<void>;
  remove(key: string): Promise<void>;
}

/** Checkpoints in a folder that every compute worker of this machine sees. */
export function folderCheckpoints(folder: string): CheckpointStore {
  const path = (key: string) => join(folder, key);
  return {
    read: (key) =>
      readFile(path(key)).then(
        (buffer) => new Uint8Array(buffer),
        () => undefined,
      ),
    write: (key, bytes) => writeWhole(path(key), bytes),
    remove: (key) => rm(path(key), { force: true }),
  };
}
