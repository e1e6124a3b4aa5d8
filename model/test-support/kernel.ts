import { useKernelInNode } from "#training/kernel.ts";
import { useKernel } from "../kernel/kernel.ts";

/** Does `work` with the kernel in use; without this, tests run on its plain counterparts. */
export function withKernel<T>(work: () => T): T {
  useKernelInNode();
  try {
    return work();
  } finally {
    useKernel(undefined);
  }
}
