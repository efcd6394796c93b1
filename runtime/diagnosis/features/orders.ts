// Orders: how much of the vibration turns with the shaft. 1× speaks of unbalance, 2× of
// misalignment, 3× and ½× of looseness and rubbing (ISO 13373-3 asks for them in this way).

import { type FeatureWords, RESTLESS_SHARE } from "./feature-part.ts";
import { type LineSpectrum, USABLE_SHARE_OF_RATE } from "./line-spectrum.ts";

export const ORDERS = [
  { order: 0.5, suffix: "HalfOrder", words: "½×" },
  { order: 1, suffix: "Order1", words: "1×" },
  { order: 2, suffix: "Order2", words: "2×" },
  { order: 3, suffix: "Order3", words: "3×" },
] as const;

/**
 * How far the speed may be off, as a share: a reading that is a few seconds old, or a motor's slip
 * between two readings.
 */
export const SPEED_TOLERANCE = 0.01;

export function orderWords(unit: string, what: string): readonly FeatureWords[] {
  return ORDERS.map(({ suffix, words }) => ({
    suffix,
    words: `${words} speed, ${what} RMS`,
    unit,
    deadbandShare: RESTLESS_SHARE,
  }));
}

/**
 * RMS of each order after so many integrations, times `factor`. An order whose line would run into
 * that of its neighbour, or into an offset, is not written.
 */
export function computeOrders(
  spectrum: LineSpectrum,
  speedHz: number,
  integrations: number,
  factor: number,
  into: Float64Array,
  first: number,
): void {
  for (let index = 0; index < ORDERS.length; index++) {
    const { order } = ORDERS[index]!;
    const hz = order * speedHz;
    const spacingHz = Math.min(hz, speedHz);
    if (spacingHz < 2 * spectrum.lineHz || hz > USABLE_SHARE_OF_RATE * spectrum.rate) continue;
    const withinHz = Math.max(SPEED_TOLERANCE * hz, spectrum.resolutionHz);
    const foundHz = spectrum.peakNear(hz, Math.min(withinHz, spectrum.lineHz));
    const gain = factor / (2 * Math.PI * foundHz) ** integrations;
    into[first + index] = gain * spectrum.lineRms(foundHz);
  }
}
