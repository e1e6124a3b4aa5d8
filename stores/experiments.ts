import { z } from "zod";
import { Experiment } from "#contracts/experiment.ts";
import type { Registry } from "./registry.ts";

const NAME = "experiments";

/** Every experiment of this home, oldest first. */
export async function readExperiments(registry: Registry): Promise<Experiment[]> {
  return z.array(Experiment).parse((await registry.read<unknown>(NAME)).value ?? []);
}

/**
 * Puts an experiment in the place of the one with its name, or at the end.
 * @throws ConflictError where another writer was first
 */
export async function putExperiment(registry: Registry, experiment: Experiment): Promise<void> {
  const { value, epoch } = await registry.read<unknown>(NAME);
  const others = z.array(Experiment).parse(value ?? []);
  const at = others.findIndex(({ plan }) => plan.name === experiment.plan.name);
  await registry.compareAndSet(NAME, epoch, at < 0 ? [...others, experiment] : others.with(at, experiment));
}
