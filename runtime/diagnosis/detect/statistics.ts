// The statistics that a chart of a process is made of.

import { DEVIATION_PER_MEDIAN } from "../features/median.ts";

/** Two-sided: what a chart in order passes once in ten thousand independent looks. */
const PROBABILITY = 1e-4;
/** The standard Gaussian's quantile for it. */
const GAUSSIAN_QUANTILE = 3.8905918864;

export function median(values: Float64Array): number {
  const sorted = values.toSorted();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

export function variance(values: Float64Array): number {
  const centre = mean(values);
  let sum = 0;
  for (const value of values) sum += (value - centre) ** 2;
  return sum / values.length;
}

/** As the median absolute deviation estimates it. */
export function robustDeviation(values: Float64Array, centre: number): number {
  return DEVIATION_PER_MEDIAN * median(values.map((value) => Math.abs(value - centre)));
}

/**
 * The integrated autocorrelation time, in rows: so many rows say no more than one independent row.
 * The sum ends at five times itself, after Sokal, "Monte Carlo Methods in Statistical Mechanics",
 * 1997, section 3 (unverified: recalled).
 */
export function correlationRows(values: Float64Array): number {
  const centre = mean(values);
  const power = variance(values) * values.length;
  if (power === 0) return 1;
  let rows = 1;
  for (let lag = 1; lag < values.length && lag - 1 < 5 * rows; lag++) {
    let sum = 0;
    for (let at = lag; at < values.length; at++) {
      sum += (values[at]! - centre) * (values[at - lag]! - centre);
    }
    rows += (2 * sum) / power;
  }
  return Math.max(1, rows);
}

/** The share of the variance that means of a fifth of the rows still have: 1 for what wanders. */
export function wanderShare(values: Float64Array): number {
  const total = variance(values);
  const blocks = 5;
  const rows = Math.floor(values.length / blocks);
  if (total === 0 || rows === 0) return 0;
  const means = new Float64Array(blocks);
  for (let block = 0; block < blocks; block++) {
    means[block] = mean(values.subarray(block * rows, (block + 1) * rows));
  }
  return Math.min(1, (variance(means) * blocks) / (blocks - 1) / total);
}

/**
 * Student's quantile for `PROBABILITY`, by G. W. Hill's algorithm 396 (Communications of the ACM
 * 13, 1970); a limit from few independent rows has to be wider than a Gaussian's.
 */
export function studentQuantile(freedom: number): number {
  const n = freedom;
  if (n <= 2) return Math.sqrt(2 / (PROBABILITY * (2 - PROBABILITY)) - 2);
  const a = 1 / (n - 0.5);
  const b = 48 / (a * a);
  let c = (((20_700 * a) / b - 98) * a - 16) * a + 96.36;
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * n;
  let y = (d * PROBABILITY) ** (2 / n);
  if (y <= 0.05 + a) {
    const inner = 1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4);
    return Math.sqrt(n * (((inner * y - 1) * (n + 1)) / (n + 2) + 1 / y));
  }
  const x = GAUSSIAN_QUANTILE;
  y = x * x;
  if (n < 5) c += 0.3 * (n - 4.5) * (x - 0.6);
  c = (((0.05 * d * -x - 5) * -x - 7) * -x - 2) * -x + b + c;
  const bent = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x;
  return Math.sqrt(n * Math.expm1(a * bent * bent));
}

/** Gauss and Jordan, with the largest pivot of each column; the matrix is square, row by row. */
export function inverse(matrix: Float64Array, size: number): Float64Array {
  const left = matrix.slice();
  const right = new Float64Array(size * size);
  for (let at = 0; at < size; at++) right[at * size + at] = 1;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++) {
      const candidate = Math.abs(left[row * size + column]!);
      if (candidate > Math.abs(left[pivot * size + column]!)) pivot = row;
    }
    const divisor = left[pivot * size + column]!;
    if (divisor === 0) throw new RangeError("the matrix is singular");
    for (let at = 0; at < size; at++) {
      swap(left, pivot * size + at, column * size + at);
      swap(right, pivot * size + at, column * size + at);
      left[column * size + at]! /= divisor;
      right[column * size + at]! /= divisor;
    }
    for (let row = 0; row < size; row++) {
      const factor = left[row * size + column]!;
      if (row === column || factor === 0) continue;
      for (let at = 0; at < size; at++) {
        left[row * size + at]! -= factor * left[column * size + at]!;
        right[row * size + at]! -= factor * right[column * size + at]!;
      }
    }
  }
  return right;
}

function swap(values: Float64Array, one: number, other: number): void {
  const kept = values[one]!;
  values[one] = values[other]!;
  values[other] = kept;
}
