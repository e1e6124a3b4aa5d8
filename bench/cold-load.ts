import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { decodeModel } from "#model/codec.ts";

const PROCESSES = 5;

/** Milliseconds that a model's bytes take to become a model in a process that has decoded none before: the least of five, since other work only adds. */
export function coldLoad(file: string): number {
  const times = Array.from({ length: PROCESSES }, () => {
    const args = ["--disable-warning=ExperimentalWarning", fileURLToPath(import.meta.url), file];
    return Number(execFileSync(process.execPath, args, { encoding: "utf8" }));
  });
  return Math.min(...times);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const bytes = readFileSync(process.argv[2] as string);
  const begun = performance.now();
  decodeModel(bytes);
  console.log(performance.now() - begun);
}
