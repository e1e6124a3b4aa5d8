import { readFileSync } from "node:fs";
import { decodeModel } from "#model/codec.ts";
import { createClassifier } from "#model/score.ts";
import { useKernelInNode } from "#training/kernel.ts";

/**
 * What `speed.ts` runs in fresh processes: `<model> <kernel|plain> [<texts.json> <rounds>]`. Prints the milliseconds from the
 * model's bytes to a classifier, the kernel's compiling included, and the microseconds of CPU a text takes in each round.
 */
const [file = "", runtime, textsFile, rounds = "0"] = process.argv.slice(2);
const bytes = readFileSync(file);
const texts = textsFile ? (JSON.parse(readFileSync(textsFile, "utf8")) as string[]) : [];
const begun = performance.now();
if (runtime === "kernel") useKernelInNode();
const { classify } = createClassifier(decodeModel(bytes));
const loadMs = performance.now() - begun;

const WARM_UP = 3;
const micros = Array.from({ length: Number(rounds) + WARM_UP }, () => {
  const before = process.cpuUsage();
  for (const text of texts) classify(text, { top: 3 });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / texts.length;
});
console.log(JSON.stringify({ loadMs, micros: micros.slice(WARM_UP) }));
