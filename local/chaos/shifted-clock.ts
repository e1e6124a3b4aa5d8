import { readFileSync } from "node:fs";

/**
 * Loaded before everything else into a process whose clock is to jump: its `Date` runs as far from the true time as the file in
 * `HAQEI_CHAOS_CLOCK` says, in ms, and follows the file while it runs. Timers are not moved, as they are not where an operator sets a clock.
 */
const file = process.env["HAQEI_CHAOS_CLOCK"];
const TrueDate = Date;
let offset = 0;

function follow(): void {
  try {
    offset = Number(readFileSync(file ?? "", "utf8")) || 0;
  } catch {
    offset = 0;
  }
}

class ShiftedDate extends TrueDate {
  constructor(...given: [] | [number | string | Date]) {
    super(...((given.length === 0 ? [TrueDate.now() + offset] : given) as [number]));
  }
  static override now(): number {
    return TrueDate.now() + offset;
  }
}

if (file) {
  follow();
  setInterval(follow, 100).unref();
  globalThis.Date = ShiftedDate as DateConstructor;
}
