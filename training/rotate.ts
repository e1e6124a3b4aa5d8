import { PCA } from "ml-pca";
import type { Model } from "#model/model.ts";

/**
 * The same function on other axes: vectors E R and head W R with R the principal axes of the rows of E, by falling variance, so
 * that W R (E R)' = W E'. Most of what is to be stored then lies in the first columns, and the rest is small.
 */
export function rotate(model: Model): Model {
  const { dimension, vectors, head } = model;
  const moments = Array.from({ length: dimension }, () => new Float64Array(dimension));
  for (let row = 0; row < vectors.length; row += dimension) {
    for (let i = 0; i < dimension; i += 1) {
      const sums = moments[i] as Float64Array;
      const value = vectors[row + i] as number;
      for (let j = 0; j <= i; j += 1) sums[j] = (sums[j] as number) + value * (vectors[row + j] as number);
    }
  }
  const symmetric = moments.map((sums, i) =>
    Array.from(sums, (sum, j) => (j <= i ? sum : ((moments[j] as Float64Array)[i] as number))),
  );
  const axes = new PCA(symmetric, { isCovarianceMatrix: true }).getEigenvectors().to2DArray();
  return { ...model, vectors: onto(axes, vectors), head: onto(axes, head) };
}

/** Rows times a D x D matrix. */
function onto(axes: readonly (readonly number[])[], rows: Float32Array): Float32Array {
  const dimension = axes.length;
  const turned = new Float32Array(rows.length);
  const sums = new Float64Array(dimension);
  for (let row = 0; row < rows.length; row += dimension) {
    sums.fill(0);
    for (let i = 0; i < dimension; i += 1) {
      const value = rows[row + i] as number;
      const axis = axes[i] as readonly number[];
      for (let j = 0; j < dimension; j += 1) sums[j] = (sums[j] as number) + value * (axis[j] as number);
    }
    turned.set(sums, row);
  }
  return turned;
}
