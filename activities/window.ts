import { EventWindow } from "#contracts/window.ts";
import type { ArtefactStore } from "#stores/artefacts.ts";
import { linesOf } from "#stores/event-log.ts";
import { jsonOf } from "./stage.ts";

/** The raw lines of a window's partitions, oldest first; one partition is held at a time. @param bytes of the window artefact */
export async function* linesOfWindow(
  artefacts: Pick<ArtefactStore, "get">,
  bytes: Uint8Array,
): AsyncGenerator<Iterable<string>> {
  for (const { sha256 } of EventWindow.parse(jsonOf(bytes)).days) yield linesOf(await artefacts.get({ sha256 }));
}
