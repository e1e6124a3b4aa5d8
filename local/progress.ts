/** A step of a start, told as it happens: each line with the seconds since the first. */
export type Progress = (message: string) => void;

/** Progress lines to `write` (standard error, so that standard output stays the answer). */
export function progressLines(write: (line: string) => void, now: () => number = Date.now): Progress {
  const begun = now();
  return (message) => write(`[${((now() - begun) / 1000).toFixed(1).padStart(6)} s] ${message}\n`);
}
