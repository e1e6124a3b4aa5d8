import { EventWindow } from "#contracts/window.ts";
import type { ArtefactStore } from "#stores/artefacts.ts";
import { linesOf } from "#stores/event-log.ts";
import { jsonOf } from "./stage.ts";

/** @param bytes of the window artefact */
export const windowOf = (bytes: Uint8Array): EventWindow => EventWindow.parse(jsonOf(bytes));

/** The raw lines of a window's partitions, oldest first; one partition is held at a time. */
export async function* linesOfWindow(
  artefacts: Pick<ArtefactStore, "get">,
  { days }: EventWindow,
): AsyncGenerator<Iterable<string>> {
  for (const { sha256 } of days) yield linesOf(await artefacts.get({ sha256 }));
}
