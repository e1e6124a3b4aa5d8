/** `npm run build`: compiles the kernel. The same source gives the same bytes; those in the repository are held to it by model/kernel/kernel.test.ts. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const FOLDER = new URL("../model/kernel/", import.meta.url);
const OPTIONS = { optimizeLevel: 3, shrinkLevel: 0, runtime: "stub", enable: ["simd"], noAssert: true };

/** @returns {Promise<Uint8Array>} the kernel's bytes; throws what the compiler complains of */
export async function compileKernel() {
  const source = readFileSync(new URL("assembly/kernel.ts", FOLDER), "utf8");
  const { error, binary, stderr } = await asc.compileString(source, OPTIONS);
  if (error || !binary) throw new Error(stderr.toString(), { cause: error });
  return binary;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(new URL("kernel.wasm", FOLDER), await compileKernel());
