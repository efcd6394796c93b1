// Robust statistics of a few numbers, and the correlation that a distance is taken with. Numbers
// that are not there are NaN and are left out. Nothing here allocates: the caller owns the space.

import { DEVIATION_PER_MEDIAN } from "../features/median.ts";

/**
 * The median of the numbers of `values` that are there, `stride` apart from `start`; NaN where
 * there are none. `scratch` has room for `count`. Insertion sort: counts are 3 to 16.
 */
export function medianOf(
  values: Float64Array,
  start: number,
  stride: number,
  count: number,
  scratch: Float64Array,
): number {
  let kept = 0;
  for (let index = 0; index < count; index++) {
    const value = values[start + index * stride]!;
    if (!Number.isNaN(value)) kept = insert(scratch, kept, value);
  }
  return middleOf(scratch, kept);
}

/** The deviation around `center` of the same numbers, estimated robustly. */
export function deviationOf(
  values: Float64Array,
  start: number,
  stride: number,
  count: number,
  center: number,
  scratch: Float64Array,
): number {
  let kept = 0;
  for (let index = 0; index < count; index++) {
    const value = values[start + index * stride]!;
    if (!Number.isNaN(value)) kept = insert(scratch, kept, Math.abs(value - center));
  }
  return DEVIATION_PER_MEDIAN * middleOf(scratch, kept);
}

function insert(sorted: Float64Array, kept: number, value: number): number {
  let at = kept;
  for (; at > 0 && sorted[at - 1]! > value; at--) sorted[at] = sorted[at - 1]!;
  sorted[at] = value;
  return kept + 1;
}

function middleOf(sorted: Float64Array, kept: number): number {
  if (kept === 0) return Number.NaN;
  const middle = kept >> 1;
  return kept % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * The inverse of (1 − shrinkage)·R + shrinkage·I, where R are the correlations that `products`
 * (sums of products of deviations, row by row) hold. Shrinking bounds the least eigenvalue by
 * `shrinkage`: features that follow from one another, as the logarithms of RMS, crest factor and
 * peak do, must not turn noise into distance. After Ledoit & Wolf (2004), with a fixed target.
 */
export function inverseCorrelation(
  products: Float64Array,
  size: number,
  shrinkage: number,
): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const scale = Math.sqrt(products[row * size + row]! * products[column * size + column]!);
      const correlation = scale > 0 ? products[row * size + column]! / scale : 0;
      matrix[row * size + column] = row === column ? 1 : (1 - shrinkage) * correlation;
    }
  }
  return invert(matrix, size);
}

/** Gauss and Jordan without pivoting: the matrix is positive definite. */
function invert(matrix: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let index = 0; index < size; index++) inverse[index * size + index] = 1;
  for (let pivot = 0; pivot < size; pivot++) {
    const divisor = matrix[pivot * size + pivot]!;
    for (let column = 0; column < size; column++) {
      matrix[pivot * size + column]! /= divisor;
      inverse[pivot * size + column]! /= divisor;
    }
    for (let row = 0; row < size; row++) {
      const factor = matrix[row * size + pivot]!;
      if (row === pivot || factor === 0) continue;
      for (let column = 0; column < size; column++) {
        matrix[row * size + column]! -= factor * matrix[pivot * size + column]!;
        inverse[row * size + column]! -= factor * inverse[pivot * size + column]!;
      }
    }
  }
  return inverse;
}
