import { upperGamma } from "./gamma.ts";

/** Fewest users in each arm from which the ratio is tested. */
const MINIMUM_USERS = 8;

/**
 * p-value of the chi-square test that users fell to the arms by their weights (sample ratio mismatch), with as many degrees of
 * freedom as arms that have weight, less one. Undefined where there is nothing to test: fewer than two such arms, or too few
 * users in one. Users in an arm without weight cannot be: 0.
 */
export function sampleRatioP(users: readonly number[], weights: readonly number[]): number | undefined {
  if (users.some((count, arm) => count > 0 && !((weights[arm] ?? 0) > 0))) return 0;
  const weighted = users.flatMap((count, arm) => {
    const weight = weights[arm] ?? 0;
    return weight > 0 ? [{ count, weight }] : [];
  });
  if (weighted.length < 2 || weighted.some(({ count }) => count < MINIMUM_USERS)) return undefined;
  const total = weighted.reduce((sum, { count }) => sum + count, 0);
  const weight = weighted.reduce((sum, arm) => sum + arm.weight, 0);
  const chiSquare = weighted.reduce((sum, arm) => {
    const expected = (total * arm.weight) / weight;
    return sum + (arm.count - expected) ** 2 / expected;
  }, 0);
  return upperGamma((weighted.length - 1) / 2, chiSquare / 2);
}
