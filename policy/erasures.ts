import type { Erasure } from "#contracts/http.ts";

/**
 * Whether a raw line of the event log belongs to a user who had it deleted. What the same user sent after the deletion does not. A
 * line that is broken before its user is nobody's.
 */
export function erasedBy(erasures: readonly Erasure[]): (line: string) => boolean {
  const lastSeqOf = new Map<string, number>();
  for (const { user, lastSeq } of erasures) lastSeqOf.set(user, Math.max(lastSeqOf.get(user) ?? 0, lastSeq));
  if (lastSeqOf.size === 0) return () => false;
  return (line) => {
    // Not parsed as JSON, as with its time of receipt; quotes inside a user's own text are escaped and match neither.
    const user = /"user":"([^"\\]+)"/.exec(line)?.[1];
    const lastSeq = user === undefined ? undefined : lastSeqOf.get(user);
    return lastSeq !== undefined && Number(/"seq":(\d{1,16})/.exec(line)?.[1] ?? 0) <= lastSeq;
  };
}
