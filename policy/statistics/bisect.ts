/**
 * Where a condition that is false at `low` and true at `high` begins to hold: the ends are halved until no number lies between
 * them, or `steps` times. Answers the upper end, where it holds.
 */
export function bisect(holds: (x: number) => boolean, low: number, high: number, steps = 100): number {
  let [below, above] = [low, high];
  for (let step = 0; step < steps; step += 1) {
    const middle = below + (above - below) / 2;
    if (middle <= below || middle >= above) break;
    if (holds(middle)) above = middle;
    else below = middle;
  }
  return above;
}
