import { createRandom, type Random } from "./random.ts";

const ROUNDS = 10;
const SEED = 384;

/**
 * Centres of points that lie row by row in `points` (Lloyd 1982, begun as k-means++: Arthur and Vassilvitskii 2007). The first is
 * the origin and stays there, so that what is near nothing becomes nothing. Same points, same centres; where there are fewer
 * distinct points than centres, some are alike.
 */
export function centresOf(points: Float32Array, width: number, count: number): Float32Array {
  const nearest = new Uint16Array(points.length / width);
  const centres = begin(points, width, count, createRandom(SEED, width));
  for (let round = 0; round < ROUNDS; round += 1) {
    assign(points, centres, width, nearest);
    const sums = new Float64Array(count * width);
    const sizes = new Uint32Array(count);
    for (let point = 0; point < nearest.length; point += 1) {
      const centre = nearest[point] as number;
      sizes[centre] = (sizes[centre] as number) + 1;
      for (let d = 0; d < width; d += 1) {
        const at = centre * width + d;
        sums[at] = (sums[at] as number) + (points[point * width + d] as number);
      }
    }
    for (let centre = 1; centre < count; centre += 1) {
      const size = sizes[centre] as number;
      if (size === 0) continue;
      for (let at = centre * width; at < (centre + 1) * width; at += 1) centres[at] = (sums[at] as number) / size;
    }
  }
  return centres;
}

/** Writes the number of each point's nearest centre into `nearest`; of two as near, the first. */
export function assign(
  points: Float32Array,
  centres: Float32Array,
  width: number,
  nearest: Uint8Array | Uint16Array,
): void {
  const count = centres.length / width;
  const halves = Float64Array.from({ length: count }, (_, centre) => squaredLength(centres, centre, width) / 2);
  for (let point = 0, from = 0; point < nearest.length; point += 1, from += width) {
    let best = 0;
    let highest = Number.NEGATIVE_INFINITY;
    for (let centre = 0, at = 0; centre < count; centre += 1) {
      // The nearest centre c of x has the largest x c - |c|^2 / 2.
      let score = -(halves[centre] as number);
      for (let d = 0; d < width; d += 1, at += 1) score += (points[from + d] as number) * (centres[at] as number);
      if (score > highest) {
        highest = score;
        best = centre;
      }
    }
    nearest[point] = best;
  }
}

/** The origin, then points drawn by their squared distance to what was drawn before. */
function begin(points: Float32Array, width: number, count: number, random: Random): Float32Array {
  const centres = new Float32Array(count * width);
  const distances = Float64Array.from({ length: points.length / width }, (_, point) =>
    squaredLength(points, point, width),
  );
  if (distances.length === 0) return centres;
  for (let centre = 1; centre < count; centre += 1) {
    let left = random.next() * distances.reduce((sum, distance) => sum + distance, 0);
    let drawn = 0;
    for (; drawn < distances.length - 1; drawn += 1) {
      left -= distances[drawn] as number;
      if (left < 0) break;
    }
    const own = points.subarray(drawn * width, (drawn + 1) * width);
    centres.set(own, centre * width);
    for (let point = 0; point < distances.length; point += 1) {
      let distance = 0;
      for (let d = 0; d < width; d += 1) distance += ((points[point * width + d] as number) - (own[d] as number)) ** 2;
      if (distance < (distances[point] as number)) distances[point] = distance;
    }
  }
  return centres;
}

function squaredLength(points: Float32Array, point: number, width: number): number {
  let sum = 0;
  for (let at = point * width; at < (point + 1) * width; at += 1) sum += (points[at] as number) ** 2;
  return sum;
}
