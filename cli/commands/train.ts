import { extname } from "node:path";
import { type Command, Option } from "commander";
import { z } from "zod";
import { TrainingConfig } from "#contracts/config.ts";
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
};

export function register(program: Command, act: Act): void {
  program
    .command("train")
    .requiredOption("--dataset <path>", "a folder of authored data, or a file of label<TAB>text[<TAB>lang]")
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
    .description("train and compress without Temporal, by the functions that the batch calls")
    .action(
      act<Options>(async (context, options) => {
        const [{ trainModel }, { writeModel }] = await Promise.all([
          import("#local/train.ts"),
          import("#local/model-folder.ts"),
        ]);
        const { loaded } = await context.load();
        const { config } = loaded;
        const made = await trainModel({
          dataset: options.dataset,
          isTable: extname(options.dataset) === ".tsv",
          dev: options.dev,
          training: { ...config.training, ...(options.backend ? { backend: options.backend } : {}) },
          compression: config.compression,
          seed: options.seed ?? config.seed,
          maxBytes: options.maxBytes,
          log: context.progress,
        });
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
