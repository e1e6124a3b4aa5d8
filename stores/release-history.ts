import { z } from "zod";
import { ConflictError } from "#contracts/errors.ts";
import { ReleaseEvent } from "#contracts/release.ts";
import type { Registry } from "./registry.ts";

const NAME = "release-history";
const Events = z.array(ReleaseEvent);

/** The first, from which the tracker counts its days, and the latest of these are kept. */
const KEPT = 1000;

/** What became of every model, oldest first. */
export async function readReleaseHistory(registry: Pick<Registry, "read">): Promise<ReleaseEvent[]> {
  return Events.parse((await registry.read<unknown>(NAME)).value ?? []);
}

/** Adds an event; one that says of a model what its last one said is that one told again, and changes nothing. */
export async function noteRelease(registry: Registry, event: ReleaseEvent): Promise<void> {
  for (;;) {
    const { value, epoch } = await registry.read<unknown>(NAME);
    const [first, ...rest] = Events.parse(value ?? []);
    const known = first ? [first, ...rest] : [];
    const isTold = known.findLast(({ sha256 }) => sha256 === event.sha256)?.outcome === event.outcome;
    if (isTold) return;
    const kept = first ? [first, ...[...rest, event].slice(1 - KEPT)] : [event];
    try {
      await registry.compareAndSet(NAME, epoch, kept);
      return;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}
