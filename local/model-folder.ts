import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InputError, NotFoundError } from "#contracts/errors.ts";
import { decodeModel } from "#model/codec.ts";
import type { Model } from "#model/model.ts";
import { sha256 } from "#stores/digest.ts";
import { decodeText } from "#training/examples.ts";
import { useKernelInNode } from "#training/kernel.ts";

/** A model as `haqei train` leaves it: `model.bin`, what it was compressed from, and how it was made in `report.json`. */
const MODEL_FILE = "model.bin";
const ORIGINAL_FILE = "original.bin";
const REPORT_FILE = "report.json";

/**
 * Reads the model of a folder that `haqei train` wrote, or a model file itself.
 * @throws NotFoundError where there is none; InputError where its bytes are no model.
 */
export const readModel = (path: string): ReadModel => readFileOf(path, MODEL_FILE);

/** `readModel` of the uncompressed model; where a folder has none, its model. */
export const readOriginal = (path: string): ReadModel =>
  readFileOf(path, existsSync(join(path, ORIGINAL_FILE)) ? ORIGINAL_FILE : MODEL_FILE);

type ReadModel = { model: Model; bytes: Uint8Array; sha256: string };

function readFileOf(path: string, name: string): ReadModel {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, name) : path;
  if (!existsSync(file))
    throw new NotFoundError(`There is no model ${file}.`, "Make one with `npx haqei train --dataset DIR --out DIR`.");
  const bytes = readFileSync(file);
  useKernelInNode();
  return { model: decodeModel(bytes), bytes, sha256: sha256(bytes) };
}

/** Writes a model, what it was compressed from and its report into a folder, creating it. */
export function writeModel(folder: string, bytes: Uint8Array, original: Uint8Array, report: unknown): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, MODEL_FILE), bytes);
  writeFileSync(join(folder, ORIGINAL_FILE), original);
  writeFileSync(join(folder, REPORT_FILE), `${JSON.stringify(report, null, 2)}\n`);
}

/** The text of a file that a call named. @throws InputError where it cannot be read, or is not UTF-8. */
export function readGiven(file: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new InputError(`${file} cannot be read: ${(error as Error).message}`, "Check the path.", { cause: error });
  }
  return decodeText(bytes, file);
}
