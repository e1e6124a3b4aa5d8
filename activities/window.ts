import { EventWindow } from "#contracts/window.ts";
import type { ArtefactStore } from "#stores/artefacts.ts";
import { linesOf } from "#stores/event-log.ts";
import { jsonOf } from "./stage.ts";

/** The raw lines of all days of a window, oldest first, made from bytes as they are asked for. @param bytes of the window artefact */
export async function linesOfWindow(
  artefacts: Pick<ArtefactStore, "get">,
  bytes: Uint8Array,
): Promise<Iterable<string>> {
  const days: Uint8Array[] = [];
  for (const { sha256 } of EventWindow.parse(jsonOf(bytes)).days) days.push(await artefacts.get({ sha256 }));
  return linesOfDays(days);
}

function* linesOfDays(days: readonly Uint8Array[]): Generator<string> {
  for (const day of days) yield* linesOf(day);
}
