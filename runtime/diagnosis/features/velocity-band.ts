// The band in which vibration velocity and displacement are measured, as far as rate and window
// permit it.

/** ISO 20816-1: broad-band vibration of machines above 600 rpm is measured from 10 to 1000 Hz. */
const LOWEST_HZ = 10;
const HIGHEST_HZ = 1_000;
/**
 * Periods that the window must hold. An offset or a swing slower than the window fills the first
 * two bins of a Hann window, and integration multiplies what is there most.
 */
const PERIODS_MIN = 3;

/** Broad-band velocity is said of [low, high] Hz; null where nothing is left of the band. */
export function velocityBand(
  rate: number,
  samples: number,
  usableShare: number,
): readonly [lowHz: number, highHz: number] | null {
  const low = Math.max(LOWEST_HZ, (PERIODS_MIN * rate) / samples);
  const high = Math.min(HIGHEST_HZ, usableShare * rate);
  return low < high ? [low, high] : null;
}
