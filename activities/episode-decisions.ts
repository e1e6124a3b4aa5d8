import { z } from "zod";
import { change } from "#stores/change.ts";
import type { Registry } from "#stores/registry.ts";

/** What was decided for an alert's episode, ms since 1970: an attempt after a crash does the same, and no more. */
export const EpisodeDecision = z.strictObject({ episode: z.string(), at: z.number() });

/** Decisions that are kept. */
const KEPT = 100;

/** The decision that was made for an episode, else the one that `decide` makes in view of those before it, newest first. */
export async function decidedOnce<D extends z.infer<typeof EpisodeDecision>>(
  registry: Registry,
  { name, schema }: { name: string; schema: z.ZodType<D> },
  episode: string,
  decide: (known: readonly D[]) => D,
): Promise<D> {
  const all = await change(registry, name, z.array(schema), [], (known) =>
    known.some((one) => one.episode === episode) ? known : [decide(known), ...known].slice(0, KEPT),
  );
  return all.find((one) => one.episode === episode) as D;
}
