import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { HexagramFile } from "#contracts/line.ts";

const LINES = new URL("../lines/", import.meta.url);

let files: HexagramFile[] | undefined;

/** The project's 64 hexagram files as they stand, in order. */
export function hexagramFiles(): HexagramFile[] {
  files ??= readdirSync(LINES)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => HexagramFile.parse(parse(readFileSync(new URL(encodeURIComponent(name), LINES), "utf8"))))
    .sort((a, b) => a.hexagram - b.hexagram);
  return files;
}
