// The instants of a tachometer's pulses, finer than the samples that show them, and the speed that
// they give.

import assert from "node:assert/strict";
import type { Samples } from "./samples.ts";

export interface TachoOptions {
  readonly rate: number;
  /** In the samples' unit: a pulse begins where it is passed upwards. */
  readonly threshold: number;
  /** The signal must fall so far below the threshold before the next pulse can begin. */
  readonly hysteresis: number;
}

/**
 * Writes the instants, in seconds from the first sample, at which the signal passes the threshold
 * upwards, interpolated between two samples on a straight line, into the first of `into`. Answers
 * how many there are; what does not fit is not written. No allocation.
 */
export function findTachoPulses(
  samples: Samples,
  count: number,
  { rate, threshold, hysteresis }: TachoOptions,
  into: Float64Array,
): number {
  assert(hysteresis >= 0);
  let armed = false;
  let found = 0;
  for (let index = 0; index < count; index++) {
    const sample = samples[index]!;
    if (sample <= threshold - hysteresis) armed = true;
    if (!(armed && sample > threshold)) continue;
    armed = false;
    const before = samples[index - 1]!;
    const share = (threshold - before) / (sample - before);
    // Where the signal dwelt inside the hysteresis, the sample before is not yet above either.
    if (found < into.length) into[found] = (index - 1 + share) / rate;
    found += 1;
  }
  return found;
}

/** The mean speed over the first `count` pulses, in Hz; null for fewer than two. */
export function speedOfPulses(
  pulses: Float64Array,
  count: number,
  pulsesPerRevolution: number,
): number | null {
  if (count < 2) return null;
  return (count - 1) / pulsesPerRevolution / (pulses[count - 1]! - pulses[0]!);
}
