import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";

export type LogFile = { write(chunk: string | Uint8Array): void; close(): void };

/**
 * Appends to `file`; at `maximumBytes` it becomes `<file>.1` in place of the one before, so a log takes at most about twice
 * that.
 */
export function openLog(file: string, maximumBytes = 5_000_000): LogFile {
  mkdirSync(dirname(file), { recursive: true });
  let descriptor = openSync(file, "a");
  let size = statSync(file).size;
  let open = true;
  return {
    write(chunk) {
      if (!open) return;
      const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      if (size > 0 && size + bytes.length > maximumBytes) {
        closeSync(descriptor);
        renameSync(file, `${file}.1`);
        descriptor = openSync(file, "a");
        size = 0;
      }
      try {
        size += writeSync(descriptor, bytes);
      } catch (error) {
        // A full disk costs lines of the log, not the process that writes it: who watches the others must go on.
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      }
    },
    close() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}
