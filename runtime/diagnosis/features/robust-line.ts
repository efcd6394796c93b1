// The line through values that a few wild ones do not move, and their scatter about it, in memory
// that is made once.

import { DEVIATION_PER_MEDIAN, medianOf } from "./median.ts";
import { SLOTS } from "./span-slots.ts";

const pairSlopes = new Float64Array((SLOTS * (SLOTS - 1)) / 2);
const deviations = new Float64Array(SLOTS);

/** Median of the slopes of all pairs: P. K. Sen, J. Am. Stat. Assoc. 63 (1968) 1379–1389. */
export function slopeOf(values: Float64Array, places: Float64Array, count: number): number {
  let pairs = 0;
  for (let right = 1; right < count; right++) {
    for (let left = 0; left < right; left++) {
      pairSlopes[pairs++] = (values[right]! - values[left]!) / (places[right]! - places[left]!);
    }
  }
  return medianOf(pairSlopes, pairs);
}

/**
 * Robust standard deviation about a straight line of this slope (0: about the median). Where more
 * than half of the values are equal, the median deviation is 0 and the usual deviation is taken.
 */
export function deviationOf(
  values: Float64Array,
  places: Float64Array,
  count: number,
  slope: number,
): number {
  for (let index = 0; index < count; index++) {
    deviations[index] = values[index]! - slope * places[index]!;
  }
  const middle = medianOf(deviations, count);
  let squares = 0;
  for (let index = 0; index < count; index++) {
    deviations[index] = Math.abs(values[index]! - slope * places[index]! - middle);
    squares += deviations[index]! ** 2;
  }
  const median = medianOf(deviations, count);
  return median > 0 ? DEVIATION_PER_MEDIAN * median : Math.sqrt(squares / count);
}
