import { extname } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { TeacherConfig, TrainingConfig } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import type { Act } from "../context.ts";
import { wholeNumber } from "../numbers.ts";

export const Output = z.object({
  model: z.object({ sha256: z.string(), bytes: z.number().int(), classes: z.number().int(), rung: z.string() }),
  backend: z.string(),
  seconds: z.number(),
  report: z.record(z.string(), z.unknown()),
});

type Options = {
  dataset: string;
  dev?: string;
  out: string;
  seed?: number;
  maxBytes?: number;
  backend?: TrainingConfig["backend"];
  teacher?: string;
  from?: string;
};

export function register(program: Command, act: Act): void {
  program
    .command("train")
    .requiredOption(
      "--dataset <path>",
      "a folder of authored data, a file of label<TAB>text[<TAB>lang], or an .arrow file, which is streamed",
    )
    .requiredOption("--out <folder>", "where the model goes")
    .option("--seed <n>", "seed of the training (default: the config's)", wholeNumber)
    .option(
      "--dev <file>",
      "held-out label<TAB>text, to calibrate and to decide by what is kept (a folder has its own)",
    )
    .option("--max-bytes <n>", "largest model; fewer features are kept where need be", wholeNumber)
    .addOption(
      new Option("--backend <name>", "what fits it (default: the config's)").choices(
        TrainingConfig.shape.backend.unwrap().options,
      ),
    )
    .option(
      "--teacher <url>",
      "an OpenAI-compatible embeddings endpoint to learn from (default: the config's, else none)",
      httpUrl,
    )
    .option("--from <folder>", "a model of an earlier training to go on from, by a few light epochs (training.warm)")
    .description("train and compress without Temporal, by the functions that the batch calls")
    .action(
      act<Options>(async (context, options) => {
        const [{ trainModel, trainStreamed }, { readOriginal, writeModel }, { embeddingsFile }] = await Promise.all([
          import("#local/train.ts"),
          import("#local/model-folder.ts"),
          import("#local/home.ts"),
        ]);
        const { loaded, home } = await context.load();
        const { config } = loaded;
        const common = {
          dataset: options.dataset,
          training: { ...config.training, ...(options.backend ? { backend: options.backend } : {}) },
          compression: config.compression,
          seed: options.seed ?? config.seed,
          maxBytes: options.maxBytes,
          log: context.progress,
        };
        const isStreamed = extname(options.dataset) === ".arrow";
        if (isStreamed && (options.from !== undefined || options.teacher !== undefined)) {
          throw new InputError(
            "--from and --teacher need all examples at once, and an Arrow file is streamed",
            "Give a folder or a .tsv file, or leave them out.",
          );
        }
        const trainHeld = () =>
          trainModel({
            ...common,
            isTable: extname(options.dataset) === ".tsv",
            dev: options.dev,
            teacher: { ...config.teacher, ...(options.teacher ? { url: options.teacher } : {}) },
            embeddings: embeddingsFile(home),
            priority: config.learning.priority_learning,
            parent: options.from === undefined ? undefined : readOriginal(options.from).bytes,
          });
        const made = await (isStreamed ? trainStreamed(common) : trainHeld());
        const { bytes, original, ...output } = made;
        writeModel(options.out, bytes, original, output);
        return {
          output: output satisfies z.infer<typeof Output>,
          text: [
            `Model ${output.model.sha256}: ${output.model.classes} classes, ${output.model.bytes} bytes, ${output.model.rung}; ${output.seconds.toFixed(1)} s with ${output.backend}.`,
            `Ask it: npx haqei classify --model ${options.out} TEXT`,
          ].join("\n"),
        };
      }),
    );
}

function httpUrl(text: string): string {
  const url = TeacherConfig.shape.url.safeParse(text);
  if (!url.success) throw new InvalidArgumentError("It must be an address such as http://127.0.0.1:8384/v1.");
  return text;
}
