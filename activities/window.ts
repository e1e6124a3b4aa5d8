import { EventWindow } from "#contracts/window.ts";
import type { ArtefactStore } from "#stores/artefacts.ts";
import { jsonOf } from "./stage.ts";

/** The raw lines of all days of a window, oldest first. @param bytes of the window artefact */
export async function linesOfWindow(artefacts: Pick<ArtefactStore, "get">, bytes: Uint8Array): Promise<string[]> {
  const lines: string[] = [];
  for (const { sha256 } of EventWindow.parse(jsonOf(bytes)).days)
    for (const line of new TextDecoder().decode(await artefacts.get({ sha256 })).split("\n")) lines.push(line);
  return lines;
}
