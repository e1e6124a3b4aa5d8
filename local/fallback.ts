import { existsSync } from "node:fs";
import { join } from "node:path";
import { DictionaryConfig, TrainingConfig } from "#contracts/config.ts";
import type { AuthoredData } from "#datasets/authored.ts";
import { digestOf } from "#stores/digest.ts";
import { writeWhole } from "#stores/folder-artefacts.ts";
import { compress } from "#training/compress.ts";
import { buildDictionary } from "#training/dictionary.ts";
import { trainInThread } from "#training/run.ts";
import type { Progress } from "./progress.ts";

/** Small, since it ships inside the Worker (its bundle should stay below 3 MB) and only bridges the time until a model is released. */
const OPTIONS: TrainingConfig = TrainingConfig.parse({ max_dimension: 24, maxFeatures: 12_000, epochs: 15 });

/** Files of what is bundled with the edge. */
export interface Bundled {
  model: string;
  dictionary: string;
}

/**
 * The model and the dictionary that are bundled with the edge, made from authored data alone: they answer before the first release
 * and whenever no released model can be had. Made once for the same data.
 */
export async function bundledFallback(
  authored: AuthoredData,
  options: { cache: string; seed: number; log: Progress },
): Promise<Bundled> {
  return {
    model: await fallbackModel(authored, options),
    dictionary: await fallbackDictionary(authored, options.cache),
  };
}

/** Path of the dictionary of authored data alone. Made once for the same data. */
export async function fallbackDictionary(
  { examples, classes, keywords }: AuthoredData,
  cache: string,
): Promise<string> {
  const sources = { examples: examples.filter(({ split }) => split === "train" || split === "dev"), classes, keywords };
  const path = join(cache, `fallback-${digestOf(sources).slice(0, 16)}.dictionary.bin`);
  if (existsSync(path)) return path;
  await writeWhole(path, buildDictionary({ ...sources, usage: [] }, DictionaryConfig.parse({})).bytes);
  return path;
}

async function fallbackModel(
  { examples, classes }: AuthoredData,
  options: { cache: string; seed: number; log: Progress },
): Promise<string> {
  const train = examples.filter(({ split }) => split === "train");
  const dev = examples.filter(({ split }) => split === "dev");
  const path = join(
    options.cache,
    `fallback-${digestOf({ train, dev, classes, OPTIONS, seed: options.seed }).slice(0, 16)}.bin`,
  );
  if (existsSync(path)) return path;
  options.log(`Training the edge's bundled fallback model on ${train.length} authored examples.`);
  const { model } = await trainInThread({ examples: train, dev, classes, options: OPTIONS, seed: options.seed });
  await writeWhole(path, compress(model, "coded"));
  return path;
}
