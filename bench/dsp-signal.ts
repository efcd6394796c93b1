// The signal that the diagnosis is timed with: an accelerometer at a motor's bearing.

import { type BearingGeometry, bearingOrders } from "../runtime/diagnosis/bearing/geometry.ts";
import { SeededRandom } from "../runtime/testing/seeded-random.ts";

export const RATE = 25_600;
export const SPEED_HZ = 25;
const SEED = 1;

export const GEOMETRY: BearingGeometry = {
  designation: "6205",
  elements: 9,
  elementDiameterMm: 7.94,
  pitchDiameterMm: 39.04,
  contactAngleDeg: 0,
  source: "given",
};

/** Noise, a turning shaft, and a resonance of 3.5 kHz that the outer ring strikes, with slip. */
export function damagedBearing(seconds: number): readonly Float32Array[] {
  const random = new SeededRandom(SEED);
  const { bpfo } = bearingOrders(GEOMETRY);
  let nextAt = 0;
  let struckAt = Number.NEGATIVE_INFINITY;
  return Array.from({ length: seconds }, (_, second) =>
    Float32Array.from({ length: RATE }, (_, index) => {
      const at = second + index / RATE;
      if (at >= nextAt) {
        struckAt = nextAt;
        nextAt += (1 + 0.01 * random.normal()) / (bpfo * SPEED_HZ);
      }
      const since = at - struckAt;
      const ringing = 8 * Math.exp(-since * 800) * Math.sin(2 * Math.PI * 3_500 * since);
      return random.normal() + 2 * Math.sin(2 * Math.PI * SPEED_HZ * at) + ringing;
    }),
  );
}
