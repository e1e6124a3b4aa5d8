/** Length in minutes of a daily window given by local hours `HH:MM`; one that ends before it starts passes midnight. */
export function windowMinutes({ start, end }: { start: string; end: string }): number {
  const length = minuteOf(end) - minuteOf(start);
  return length > 0 ? length : length + 24 * 60;
}

function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}
