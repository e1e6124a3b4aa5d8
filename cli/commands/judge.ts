import type { Command } from "commander";
import type { z } from "zod";
import { ReleaseConfig } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import { JudgeData, JudgeVerdict } from "#contracts/judge.ts";
import type { Act } from "../context.ts";
import { table } from "../table.ts";

export const Output = JudgeVerdict;

/** What a file is to be, where the fault lies in the whole of it, and what to do about one. */
const POLICY = {
  whole: "release",
  hint: "Give the fields of the config's release part that differ from the defaults: haqei config shows them all.",
};
const DATA = { whole: "data", hint: "A part that was not measured is left out; OPERATIONS.md shows a whole file." };

type Options = { policy?: string; data: string };

export function register(program: Command, act: Act): void {
  program
    .command("judge")
    .requiredOption("--data <file>", "counts of the stage under way, as JSON")
    .option("--policy <file>", "the release part of the config, as JSON (default: its defaults)")
    .description("what to do with a canary, and why, from a file of counts; nothing needs to run")
    .action(
      act<Options>(async (_context, options) => {
        const [{ readGiven }, { judge }, { digestOf }] = await Promise.all([
          import("#local/model-folder.ts"),
          import("#policy/release-judge.ts"),
          import("#stores/digest.ts"),
        ]);
        const policy =
          options.policy === undefined
            ? ReleaseConfig.parse({})
            : parsed(ReleaseConfig, readGiven(options.policy), options.policy, POLICY);
        const data = parsed(JudgeData, readGiven(options.data), options.data, DATA);
        const verdict = judge(data, policy, digestOf(policy));
        const rows = Object.entries(verdict.evidence).map(([name, value]) => [name, told(value)]);
        return {
          output: verdict,
          text: `${verdict.action}: ${verdict.reason}\n\n${table(["evidence", ""], rows)}\n\nPolicy ${verdict.policyDigest.slice(0, 12)}; OPERATIONS.md says what each reason means.`,
        };
      }),
    );
}

const told = (value: z.infer<typeof JudgeVerdict>["evidence"][string]): string =>
  typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(6))) : String(value);

/**
 * Reads JSON of a shape.
 * @throws InputError naming the file and every field that is wrong.
 */
function parsed<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  file: string,
  { whole, hint }: { whole: string; hint: string },
): z.infer<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${file} is not JSON: ${(error as Error).message}`, "Check the file.", { cause: error });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.flatMap(({ path, message, ...issue }) => {
    const at = path.map(String);
    return issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => `${[...at, key].join(".")}: is no field here`)
      : [`${at.join(".") || whole}: ${message}`];
  });
  throw new InputError(`${file} is wrong: ${faults.join("; ")}.`, hint);
}
