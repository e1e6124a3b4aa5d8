import { type KernelExports, useKernel } from "#model/kernel/kernel.ts";
import module from "../model/kernel/kernel.wasm";

/** Imported for what it does: models are loaded and scored by the kernel. workerd compiled it with the script; bytes it would refuse. */
useKernel(() => new WebAssembly.Instance(module).exports as unknown as KernelExports);
