// Samples at equal angles instead of equal times: at a speed that changes, what turns with the
// shaft stays one line.

import assert from "node:assert/strict";
import { besselI0 } from "./decimate.ts";
import { meanOf, type Samples } from "./samples.ts";

/**
 * The angle of the shaft over time, in revolutions: knots in ascending order, of which the first
 * `count` hold.
 */
export interface SpeedCurve {
  /** Seconds from the first sample of the signal. */
  readonly seconds: Float64Array;
  readonly revolutions: Float64Array;
  /** In Hz, where it is known at each knot; null where only the angles are. */
  readonly speedsHz: Float64Array | null;
  readonly count: number;
}

/** Each pulse is one part of a revolution further. */
export function curveOfPulses(
  pulses: Float64Array,
  count: number,
  pulsesPerRevolution: number,
): SpeedCurve {
  const revolutions = Float64Array.from(
    { length: count },
    (_, index) => index / pulsesPerRevolution,
  );
  return { seconds: pulses, revolutions, speedsHz: null, count };
}

/**
 * Speeds in Hz at ascending instants, and between them on straight lines: the angle is their sum.
 */
export function curveOfSpeeds(seconds: Float64Array, speedsHz: Float64Array): SpeedCurve {
  const revolutions = new Float64Array(seconds.length);
  for (let index = 1; index < seconds.length; index++) {
    const mean = (speedsHz[index]! + speedsHz[index - 1]!) / 2;
    revolutions[index] = revolutions[index - 1]! + mean * (seconds[index]! - seconds[index - 1]!);
  }
  return { seconds, revolutions, speedsHz, count: seconds.length };
}

/** Samples on each side that make up one between them. */
const REACH = 12;
/** Positions between two samples for which the weights are tabled; between them on a line. */
const PHASES = 512;
/** Kaiser's β: about 80 dB, beyond what the interpolation between phases keeps. */
const BETA = 8;

const WEIGHTS = makeWeights();

export interface ResampleOptions {
  readonly rate: number;
  readonly samplesPerRevolution: number;
}

/**
 * Writes the signal at equal angles, from the curve's first knot to its last, into the first of
 * `into`, and answers how many samples came. Angles between knots follow a cubic with the slopes of
 * the speed, or of the neighbours (Fyfe, Munck, "Analysis of computed order tracking", MSSP 11
 * (1997) 187–205); the signal between samples is a windowed sinc of 24 samples, good to 2e-3 up to
 * 0.4 of the rate. Nothing is filtered first: choose `samplesPerRevolution` above rate ÷ lowest
 * speed, or what is faster than half of it folds down. Output is cut where the signal or `into`
 * ends.
 */
export function resampleToOrders(
  samples: Samples,
  count: number,
  curve: SpeedCurve,
  { rate, samplesPerRevolution }: ResampleOptions,
  into: Samples,
): number {
  assert(curve.count >= 2, "a curve of speed has at least two knots");
  const { revolutions } = curve;
  const mean = meanOf(samples, count);
  const first = revolutions[0]!;
  let knot = 0;
  let made = 0;
  for (; made < into.length; made++) {
    const angle = first + made / samplesPerRevolution;
    if (angle > revolutions[curve.count - 1]!) break;
    while (knot < curve.count - 2 && angle > revolutions[knot + 1]!) knot += 1;
    const at = instantOf(curve, knot, angle) * rate;
    if (at < 0 || at > count - 1) break;
    into[made] = mean + interpolated(samples, count, at, mean);
  }
  return made;
}

/** Hermite's cubic through two knots. */
function instantOf(curve: SpeedCurve, knot: number, angle: number): number {
  const from = curve.revolutions[knot]!;
  const width = curve.revolutions[knot + 1]! - from;
  const t = (angle - from) / width;
  const left = slopeAt(curve, knot) * width;
  const right = slopeAt(curve, knot + 1) * width;
  const start = curve.seconds[knot]!;
  const rise = curve.seconds[knot + 1]! - start;
  return start + t * (left + t * (3 * rise - 2 * left - right + t * (left + right - 2 * rise)));
}

/** Seconds per revolution: by the speed, else of the parabola through a knot and its neighbours. */
function slopeAt({ seconds, revolutions, speedsHz, count }: SpeedCurve, knot: number): number {
  if (speedsHz !== null) return 1 / speedsHz[knot]!;
  if (count === 2) return (seconds[1]! - seconds[0]!) / (revolutions[1]! - revolutions[0]!);
  const middle = Math.min(Math.max(knot, 1), count - 2);
  const before = revolutions[middle]! - revolutions[middle - 1]!;
  const after = revolutions[middle + 1]! - revolutions[middle]!;
  const left = (seconds[middle]! - seconds[middle - 1]!) / before;
  const right = (seconds[middle + 1]! - seconds[middle]!) / after;
  const curvature = (right - left) / (before + after);
  return left + curvature * (before + 2 * (revolutions[knot]! - revolutions[middle]!));
}

/** The signal less its mean at a place between two samples; outside the window it is zero. */
function interpolated(samples: Samples, count: number, at: number, mean: number): number {
  const whole = Math.floor(at);
  const phase = (at - whole) * PHASES;
  const row = Math.floor(phase);
  const share = phase - row;
  const low = row * 2 * REACH;
  const high = low + 2 * REACH;
  let sum = 0;
  for (let tap = 0; tap < 2 * REACH; tap++) {
    const index = whole - REACH + 1 + tap;
    if (index < 0 || index >= count) continue;
    const weight = WEIGHTS[low + tap]! * (1 - share) + WEIGHTS[high + tap]! * share;
    sum += weight * (samples[index]! - mean);
  }
  return sum;
}

function makeWeights(): Float64Array {
  const weights = new Float64Array((PHASES + 1) * 2 * REACH);
  for (let phase = 0; phase <= PHASES; phase++) {
    for (let tap = 0; tap < 2 * REACH; tap++) {
      const distance = tap - REACH + 1 - phase / PHASES;
      const sinc = distance === 0 ? 1 : Math.sin(Math.PI * distance) / (Math.PI * distance);
      const inside = Math.max(0, 1 - (distance / REACH) ** 2);
      weights[phase * 2 * REACH + tap] =
        (sinc * besselI0(BETA * Math.sqrt(inside))) / besselI0(BETA);
    }
  }
  return weights;
}
