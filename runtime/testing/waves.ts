// Signals whose spectrum, envelope or speed is known, for tests of signal processing.

import type { SeededRandom } from "./seeded-random.ts";

export function waveOf(count: number, value: (index: number) => number): Float64Array {
  return Float64Array.from({ length: count }, (_, index) => value(index));
}

export function sine(hertz: number, rate: number, amplitude = 1, phase = 0) {
  return (index: number) => amplitude * Math.sin((2 * Math.PI * hertz * index) / rate + phase);
}

export function noise(count: number, random: SeededRandom, deviation = 1): Float64Array {
  return waveOf(count, () => deviation * random.normal());
}

/** The largest difference of two rows, from one index to another. */
export function worst(
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  from = 0,
  to = expected.length,
): number {
  let largest = 0;
  for (let index = from; index < to; index++) {
    const difference = Math.abs(found[index]! - expected[index]!);
    // A NaN must not slip through a comparison.
    largest = Number.isNaN(difference) ? Number.NaN : Math.max(largest, difference);
  }
  return largest;
}
