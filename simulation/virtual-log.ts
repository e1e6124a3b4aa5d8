import type { LoggedEvent } from "#contracts/event.ts";
import type { SimulatedEvent } from "./traffic.ts";

export interface VirtualLog {
  write(events: readonly SimulatedEvent[]): void;
  /** What was received from one time until before another; what comes later than that stays unknown. */
  between(from: number, to: number): LoggedEvent[];
}

/** The event log as the edge's database keeps it, on a virtual clock: numbered in the order of receipt, and closed up to where it was read. */
export function createVirtualLog(): VirtualLog {
  const events: LoggedEvent[] = [];
  let waiting: SimulatedEvent[] = [];
  return {
    write(more) {
      waiting.push(...more);
    },
    between(from, to) {
      const ready = waiting
        .filter(({ receivedAt }) => receivedAt < to)
        .sort((a, b) => a.receivedAt - b.receivedAt || (a.id < b.id ? -1 : 1));
      waiting = waiting.filter(({ receivedAt }) => receivedAt >= to);
      for (const event of ready) events.push({ ...event, seq: events.length + 1 });
      return events.filter(({ receivedAt }) => receivedAt >= from && receivedAt < to);
    },
  };
}
