/** How many equal weights say as much as these: (sum w)^2 / sum w^2 (Kish 1965); 0 for none. */
export const effectiveSize = (weights: readonly number[]): number =>
  effectiveSizeOf({
    sum: weights.reduce((all, weight) => all + weight, 0),
    squares: weights.reduce((all, weight) => all + weight * weight, 0),
  });

/** The same, of weights of which only the sums are known. */
export const effectiveSizeOf = ({ sum, squares }: { sum: number; squares: number }): number =>
  squares === 0 ? 0 : (sum * sum) / squares;
