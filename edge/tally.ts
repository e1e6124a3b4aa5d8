import {
  DIMENSIONS,
  type Dimension,
  type Dimensions,
  METRIC_NAMES,
  METRICS,
  type Metric,
  type Values,
} from "#contracts/analytics.ts";

/** One data point: `blob1`..`blob10` and `double1`..`double20` of `contracts/analytics.ts`. */
export interface Row {
  blobs: string[];
  doubles: number[];
}

/** Values kept of one metric between two writings; users told of. */
const SAMPLES = 32;
const USERS = 1000;
/** A user is told of once in so long. */
const USER_MS = 3_600_000;

const NAMES = Object.keys(DIMENSIONS) as Dimension[];
const indexOf = (column: string): number => Number(column.replace(/\D+/, "")) - 1;
const DOUBLE = Object.fromEntries(METRIC_NAMES.map((name) => [name, indexOf(METRICS[name].column)])) as Record<
  Metric,
  number
>;
const SAMPLED = METRIC_NAMES.filter((name) => "sampled" in METRICS[name]);

const rowOf = (dimensions: Dimensions, doubles: number[]): Row => ({
  blobs: NAMES.map((name) => dimensions[name] ?? ""),
  doubles,
});

interface Total {
  dimensions: Dimensions;
  sums: Float64Array;
}

/** How often what was counted, in one isolate. */
export interface Tally {
  add(dimensions: Dimensions, values: Values): void;
  /** Somebody asked: a salted hash. */
  addUser(hash: string): void;
  /** Requests since `take`. */
  pending(): number;
  /** What came since the last time, as rows. */
  take(): Row[];
  /** A metric since the isolate began, added up by some dimensions. */
  since<D extends Dimension>(metric: Metric, by: readonly D[]): { labels: Record<D, string>; value: number }[];
}

/** @param random in [0, 1): decides which values stand for the others */
export function createTally(random: () => number = Math.random): Tally {
  let recent = new Map<string, Total>();
  const whole = new Map<string, Total>();
  let samples = new Map<Metric, { seen: number; kept: { dimensions: Dimensions; value: number }[] }>();
  let users = new Set<string>();
  let told = new Map<string, number>();
  let pending = 0;

  const into = (totals: Map<string, Total>, key: string, dimensions: Dimensions): Float64Array => {
    let total = totals.get(key);
    if (total === undefined) {
      total = { dimensions, sums: new Float64Array(METRIC_NAMES.length) };
      totals.set(key, total);
    }
    return total.sums;
  };

  /** Reservoir sampling (Vitter 1985, algorithm R): every value has the same chance to be kept. */
  function sample(metric: Metric, dimensions: Dimensions, value: number): void {
    const held = samples.get(metric) ?? { seen: 0, kept: [] };
    samples.set(metric, held);
    held.seen += 1;
    const place = held.seen <= SAMPLES ? held.seen - 1 : Math.floor(random() * held.seen);
    if (place < SAMPLES) held.kept[place] = { dimensions, value };
  }

  return {
    pending: () => pending,
    add(dimensions, values) {
      const { route, status, bucket, model, lang, path, cache } = dimensions;
      const key = `${route} ${status} ${bucket} ${model} ${lang} ${path} ${cache}`;
      const sums = into(recent, key, dimensions);
      for (const name in values) {
        const value = values[name as Metric] ?? 0;
        const at = DOUBLE[name as Metric];
        sums[at] = (sums[at] as number) + value;
      }
      for (const metric of SAMPLED) {
        const value = values[metric];
        if (value !== undefined) sample(metric, dimensions, value);
      }
      pending += 1;
    },
    addUser(hash) {
      const now = Date.now();
      if (users.size >= USERS || now - (told.get(hash) ?? 0) < USER_MS) return;
      if (told.size >= 10 * USERS) told = new Map();
      told.set(hash, now);
      users.add(hash);
    },
    take() {
      const rows = [...recent.values()].map(({ dimensions, sums }) =>
        rowOf({ ...dimensions, kind: "total" }, [...sums]),
      );
      for (const [metric, { seen, kept }] of samples) {
        for (const { dimensions, value } of kept) {
          rows.push(rowOf({ ...dimensions, kind: "sample", metric }, [seen / kept.length, value]));
        }
      }
      for (const user of users) rows.push(rowOf({ kind: "user", user }, [1]));
      for (const [key, { dimensions, sums }] of recent) {
        const all = into(whole, key, dimensions);
        for (let at = 0; at < sums.length; at += 1) all[at] = (all[at] as number) + (sums[at] as number);
      }
      recent = new Map();
      samples = new Map();
      users = new Set();
      pending = 0;
      return rows;
    },
    since(metric, by) {
      const groups = new Map<string, { labels: Record<(typeof by)[number], string>; value: number }>();
      for (const { dimensions, sums } of [...whole.values(), ...recent.values()]) {
        const value = sums[DOUBLE[metric]] as number;
        if (by.some((name) => dimensions[name] === undefined)) continue;
        const labels = Object.fromEntries(by.map((name) => [name, dimensions[name]])) as Record<
          (typeof by)[number],
          string
        >;
        const key = JSON.stringify(labels);
        const group = groups.get(key) ?? { labels, value: 0 };
        group.value += value;
        groups.set(key, group);
      }
      return [...groups.values()].filter(({ value }) => value > 0);
    },
  };
}
