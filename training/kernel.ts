import { readFileSync } from "node:fs";
import { type KernelExports, useKernel } from "#model/kernel/kernel.ts";

/** What is needed of WebAssembly: Node has it, and its types leave it to those of browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** Has this thread load and score models by the kernel. */
export function useKernelInNode(): void {
  const module = new WebAssembly.Module(readFileSync(new URL("../model/kernel/kernel.wasm", import.meta.url)));
  useKernel(() => new WebAssembly.Instance(module).exports as KernelExports);
}
