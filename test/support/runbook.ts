import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(new URL("../../OPERATIONS.md", import.meta.url));

/** What OPERATIONS.md says to do about an alert or an incident: the commands that are always given, and those that depend. */
export interface Page {
  look: string[];
  act: string[];
}

const commandsIn = (text: string): string[] =>
  [...text.matchAll(/`haqei ([^`]+)`/g)].map(([, command]) => command as string);

/** Every page of the runbook, by its name. */
export function runbookPages(): Map<string, Page> {
  const text = readFileSync(FILE, "utf8");
  const begin = text.indexOf("### Alerts and incident causes");
  const pages = text.slice(begin, text.indexOf("\n## ", begin)).split("\n#### ").slice(1);
  return new Map(
    pages.map((page): [string, Page] => {
      const [name = ""] = page.split("\n");
      const [look = "", act = ""] = page.slice(page.indexOf("**Look**")).split("**Do**");
      return [name, { look: commandsIn(look), act: commandsIn(act) }];
    }),
  );
}
