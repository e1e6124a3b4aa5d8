/** How many equal weights say as much as these: (sum w)^2 / sum w^2 (Kish 1965); 0 for none. */
export function effectiveSize(weights: readonly number[]): number {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const squares = weights.reduce((all, weight) => all + weight * weight, 0);
  return squares === 0 ? 0 : (sum * sum) / squares;
}
