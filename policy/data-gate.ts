import type { Config } from "#contracts/config.ts";

export interface DataFigures {
  /** Examples to train from, authored and learnt. */
  train: number;
  /** Of them, learnt from feedback. */
  learnt: number;
  /** Total variation distance between the labels of feedback and of authored examples, 0 to 1. */
  labelShift: number;
}

/** Why a day's data must not be learnt from; empty where they may. */
export function dataFaults(
  figures: DataFigures,
  limits: Pick<Config["preprocess"], "minimumExamples" | "maximumLabelShift" | "labelShiftMinimum">,
): string[] {
  const faults: string[] = [];
  if (figures.train < limits.minimumExamples)
    faults.push(`${figures.train} examples are fewer than preprocess.minimumExamples ${limits.minimumExamples}`);
  if (figures.learnt >= limits.labelShiftMinimum && figures.labelShift > limits.maximumLabelShift) {
    faults.push(
      `the labels of feedback are ${figures.labelShift.toFixed(2)} away from the authored ones, more than preprocess.maximumLabelShift ${limits.maximumLabelShift}`,
    );
  }
  return faults;
}

/** Total variation distance of two distributions given as counts by label: half the sum of absolute differences of shares; 0 where either is empty. */
export function totalVariation(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  const sum = (counts: ReadonlyMap<string, number>): number =>
    [...counts.values()].reduce((total, count) => total + count, 0);
  const [totalA, totalB] = [sum(a), sum(b)];
  if (totalA === 0 || totalB === 0) return 0;
  let distance = 0;
  for (const label of new Set([...a.keys(), ...b.keys()]))
    distance += Math.abs((a.get(label) ?? 0) / totalA - (b.get(label) ?? 0) / totalB);
  return distance / 2;
}
