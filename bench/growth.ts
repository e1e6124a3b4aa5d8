import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { TrainingConfig } from "#contracts/config.ts";
import type { Example } from "#contracts/example.ts";
import { openArrow, writeArrow } from "#datasets/arrow-stream.ts";
import { evaluate } from "#training/evaluate.ts";
import { classesOf, type LabelledText } from "#training/problem.ts";
import { createRandom } from "#training/random.ts";
import { trainStream } from "#training/stream.ts";
import { readClinc } from "./clinc-data.ts";
import { type Figure, printFigures } from "./figures.ts";

/**
 * How the cost of training grows: examples resampled from CLINC150's training split, each word dropped with chance 0.1, in Arrow files of
 * 10,000, 100,000 and 1,000,000 rows, streamed by the function that `haqei train` calls, each in a process of its own.
 * Processor seconds, peak resident memory, and top-1 on the dev split. `--most N` stops earlier.
 */

const SIZES = [10_000, 100_000, 1_000_000];
const ROWS = 1024;
const EPOCHS = 2;
const SEED = 384;

const { values: args } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    most: { type: "string", default: String(SIZES.at(-1)) },
    /** Set by this program for its own children: the file to train on. */
    child: { type: "string" },
  },
});

interface Measured {
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly features: number;
  readonly top1: number;
}

if (args.child) process.stdout.write(JSON.stringify(await measure(args.child)));
else await compare();

async function measure(path: string): Promise<Measured> {
  const source = await openArrow(path);
  const options = TrainingConfig.parse({ epochs: EPOCHS, learningRate: 0.1 });
  const { model, report } = await trainStream({ source, options, seed: SEED }, ({ phase, epoch, seconds }) =>
    console.error(`${seconds.toFixed(0)} s: ${phase} ${epoch}`),
  );
  await source.close();
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return {
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakBytes: maxRSS * 1024,
    features: report.features,
    top1: evaluate(model, readClinc().dev).top1.value,
  };
}

async function compare(): Promise<void> {
  const { examples, dev } = readClinc();
  const folder = mkdtempSync(join(tmpdir(), "haqei-growth-"));
  const figures: Figure[] = [];
  try {
    let before: (Measured & { size: number }) | undefined;
    for (const size of SIZES.filter((own) => own <= Number(args.most))) {
      const path = join(folder, `${size}.arrow`);
      await writeArrow(path, classesOf(examples), resampled(examples, size));
      console.error(`${size.toLocaleString("en-US")} rows in ${(statSync(path).size / 1e6).toFixed(0)} MB`);
      const { status, stdout } = spawnSync(
        process.execPath,
        ["--disable-warning=ExperimentalWarning", import.meta.filename, "--child", path],
        { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
      );
      if (status !== 0) throw new Error(`training on ${path} ended with status ${status}`);
      const measured = JSON.parse(stdout) as Measured;
      const growth = (now: number, then: number | undefined) =>
        then === undefined ? {} : { ratioTo: `${before?.size} rows`, ratio: now / then };
      figures.push(
        {
          name: `growth-${size}-cpu`,
          value: measured.cpuSeconds,
          unit: `s of one core, ${EPOCHS} epochs, ${measured.features} features`,
          n: size,
          ...growth(measured.cpuSeconds, before?.cpuSeconds),
        },
        {
          name: `growth-${size}-peak`,
          value: measured.peakBytes / 1e6,
          unit: "MB resident at most",
          n: size,
          ...growth(measured.peakBytes, before?.peakBytes),
        },
        { name: `growth-${size}-top1`, value: measured.top1, unit: "top-1, dev split", n: dev.length },
      );
      before = { ...measured, size };
      rmSync(path);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  printFigures("growth", figures, args.json, []);
}

/** Record batches of texts drawn with replacement, each word left out with chance 0.1, never all of them. */
function* resampled(from: readonly LabelledText[], size: number): Generator<Example[]> {
  const random = createRandom(SEED, size);
  for (let first = 0; first < size; first += ROWS) {
    yield Array.from({ length: Math.min(ROWS, size - first) }, (_, at): Example => {
      const { label, text } = from[Math.floor(random.next() * from.length)] as LabelledText;
      const words = text.split(" ").filter(() => random.next() >= 0.1);
      const id = `${first + at}`;
      const drawn = words.length > 0 ? words.join(" ") : text;
      return {
        id,
        label,
        text: drawn,
        lang: "en",
        split: "train",
        weight: 1,
        source: "authored",
        family: id,
        acceptable: [],
      };
    });
  }
}
