import { emitKeypressEvents } from "node:readline";
import type { Streams } from "./context.ts";

/** Shows one after another with its choices and waits for a key each; gives those judged, `place` from 1, or 0 for none of them. */
export async function* askEach<T extends { text: string; choices: readonly string[] }>(
  asked: readonly T[],
  { out }: Streams,
): AsyncGenerator<T & { place: number }> {
  emitKeypressEvents(process.stdin);
  process.stdin.setRawMode(true);
  process.stdin.resume();
  try {
    for (const [index, one] of asked.entries()) {
      out(
        `\x1b[2J\x1b[H${index + 1} of ${asked.length}   1 2 3: fits best   0: none   s: skip   q: end\n\n  ${one.text}\n`,
      );
      one.choices.forEach((choice, place) => {
        out(`\n${place + 1}  ${choice}\n`);
      });
      const key = await nextKey(["0", "1", "2", "3", "s", "q"]);
      if (key === "q") return;
      if (key !== "s") yield { ...one, place: Number(key) };
    }
  } finally {
    process.stdin.setRawMode(false);
    process.stdin.pause();
    out("\n");
  }
}

function nextKey(allowed: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const onKey = (_: string, key: { name?: string; sequence?: string; ctrl?: boolean }): void => {
      const pressed = key.ctrl && key.name === "c" ? "q" : (key.name ?? key.sequence ?? "");
      if (!allowed.includes(pressed)) return;
      process.stdin.off("keypress", onKey);
      resolve(pressed);
    };
    process.stdin.on("keypress", onKey);
  });
}
