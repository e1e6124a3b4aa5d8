import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** What a peer's script measured of a model of its own. */
interface Peer {
  name: string;
  bytes: number;
  correct: number;
  seconds: number;
  micros: number;
}

/** What a peer's script printed, trained and tested on these tables; nothing where it is not installed. */
export function peers(script: string, train: string, test: string): Peer[] {
  try {
    const output = execFileSync("python3", [join(import.meta.dirname, script), train, test], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return [JSON.parse(output) as Peer | Peer[]].flat();
  } catch {
    return [];
  }
}
