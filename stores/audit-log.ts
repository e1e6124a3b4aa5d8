import { AuditEntry } from "#contracts/audit.ts";
import { ConflictError } from "#contracts/errors.ts";
import { digestOf } from "./digest.ts";
import type { Registry } from "./registry.ts";

/** Where the last entry's number and digest stand. */
const HEAD = "audit";
const nameOf = (seq: number): string => `audit/${seq}`;

type Head = Pick<AuditEntry, "seq" | "digest">;
type Done = Omit<AuditEntry, "seq" | "previous" | "digest">;

const digestOfEntry = ({ digest: _digest, ...entry }: AuditEntry): string => digestOf(entry);

/** Writes an entry behind the last one; several processes may write at once. */
export async function appendAudit(registry: Registry, done: Done): Promise<AuditEntry> {
  for (;;) {
    const { value: head, epoch } = await registry.read<Head>(HEAD);
    const seq = (head?.seq ?? 0) + 1;
    const entry = { ...done, seq, previous: head?.digest ?? "", digest: "" };
    entry.digest = digestOfEntry(entry);
    try {
      // The head is won first, then the place is ours alone; an entry that a crash left out is a gap, which is shown.
      await registry.compareAndSet(HEAD, epoch, { seq, digest: entry.digest } satisfies Head);
      await registry.compareAndSet(nameOf(seq), 0, AuditEntry.parse(entry));
      return entry;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

export interface Audited {
  /** Oldest first; at most the last `limit`. */
  entries: AuditEntry[];
  /** What does not fit: gaps, changed entries, a broken chain. Empty where all holds. */
  faults: string[];
}

/** Reads the log and checks it from the first entry on. */
export async function readAudit(registry: Registry, limit: number): Promise<Audited> {
  const { value: head } = await registry.read<Head>(HEAD);
  const entries: AuditEntry[] = [];
  const faults: string[] = [];
  let previous: string | undefined = "";
  for (let seq = 1; seq <= (head?.seq ?? 0); seq++) {
    const { value } = await registry.read<unknown>(nameOf(seq));
    const parsed = AuditEntry.safeParse(value);
    if (!parsed.success) {
      faults.push(`entry ${seq} is ${value === undefined ? "missing" : "no entry"}`);
      previous = undefined;
      continue;
    }
    const entry = parsed.data;
    if (entry.seq !== seq || digestOfEntry(entry) !== entry.digest) faults.push(`entry ${seq} was changed`);
    else if (previous !== undefined && entry.previous !== previous)
      faults.push(`entry ${seq} does not follow the one before`);
    previous = entry.digest;
    entries.push(entry);
  }
  if (head && previous !== undefined && previous !== head.digest)
    faults.push("the last entry is not the one that was written last");
  return { entries: entries.slice(-limit), faults };
}
