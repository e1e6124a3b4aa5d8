import type { z } from "zod";
import { ConflictError } from "#contracts/errors.ts";
import type { Registry } from "./registry.ts";

const ATTEMPTS = 50;

/**
 * Reads a record (`first` where there is none), changes it, and writes it where nobody was faster; else does it again. Where `to`
 * answers the very same value nothing is written. @throws ConflictError where others were faster every time
 */
export async function change<S extends z.ZodType>(
  registry: Registry,
  name: string,
  schema: S,
  first: z.infer<S>,
  to: (value: z.infer<S>) => z.infer<S>,
): Promise<z.infer<S>> {
  for (let attempt = 1; ; attempt++) {
    const { value, epoch } = await registry.read<unknown>(name);
    const before = epoch === 0 ? first : schema.parse(value);
    const after = to(before);
    if (after === before) return before;
    try {
      await registry.compareAndSet(name, epoch, schema.parse(after));
      return after;
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === ATTEMPTS) throw error;
    }
  }
}
