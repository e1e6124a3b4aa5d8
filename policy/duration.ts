const HOURS = { s: 1 / 3600, m: 1 / 60, h: 1, d: 24 } as const;

/** Hours of a duration such as `30s`, `15m`, `6h` or `2d` (the config has checked its form); `permanent` never ends. */
export function hoursOf(duration: string): number {
  if (duration === "permanent") return Number.POSITIVE_INFINITY;
  return Number(duration.slice(0, -1)) * HOURS[duration.slice(-1) as keyof typeof HOURS];
}
