// What two things can be said of a shaft that proximity probes watch, beside each probe's own
// features: where in the turn it swings out (against a tacho), and on which path (two probes).

import { magnitude, type Phasor, phasorAt } from "./phasor.ts";

export interface OrderVector {
  /** Zero to peak, in the samples' unit. */
  readonly amplitude: number;
  /** From the tacho's mark to the next swing towards the probe, in degrees of a turn: 0 to 360. */
  readonly phaseLagDeg: number;
}

/**
 * The part of a window that turns with the shaft, or at a multiple of it, and its phase against the
 * mark that a tacho saw at sample `markAt` (which may have a fraction). Null where the speed is
 * unknown or the window holds fewer than four turns: its line would run into the gap's.
 */
export function orderVector(
  samples: Float32Array,
  count: number,
  rate: number,
  order: number,
  speedHz: number | null,
  markAt: number,
): OrderVector | null {
  if (!turnsEnough(count, rate, order, speedHz)) return null;
  const hz = order * speedHz;
  const phasor = phasorAt(samples, count, rate, hz);
  const atMark = Math.atan2(phasor.im, phasor.re) + (2 * Math.PI * hz * markAt) / rate;
  const lag = (-atMark * 180) / Math.PI;
  return { amplitude: magnitude(phasor), phaseLagDeg: ((lag % 360) + 360) % 360 };
}

export interface Orbit {
  /** Half axes of the ellipse, in the samples' unit. */
  readonly major: number;
  readonly minor: number;
  /** Of the long axis, from the x probe towards the y probe: −90 to 90 degrees. */
  readonly inclinationDeg: number;
  /**
   * `forward`: as the shaft turns from x to y; `backward` against it, as in a rub; `straight`: too
   * flat for a direction.
   */
  readonly precession: "forward" | "backward" | "straight";
}

/** A minor axis below this share of the major one has no direction that noise would not turn. */
const STRAIGHT_SHARE = 0.02;

/**
 * The path at 1× from two probes, y standing 90° from x in the sense of the shaft's rotation, read
 * at the same instants. The two pointers turning with and against the shaft, (X ± iY) ÷ 2, make the
 * ellipse: A. Muszynska, Rotordynamics (2005), on forward and backward components.
 */
export function orbitOf(
  x: Float32Array,
  y: Float32Array,
  count: number,
  rate: number,
  speedHz: number | null,
): Orbit | null {
  if (!turnsEnough(count, rate, 1, speedHz)) return null;
  const X = phasorAt(x, count, rate, speedHz);
  const Y = phasorAt(y, count, rate, speedHz);
  const forward: Phasor = { re: (X.re - Y.im) / 2, im: (X.im + Y.re) / 2 };
  const backward: Phasor = { re: (X.re + Y.im) / 2, im: -(X.im - Y.re) / 2 };
  const major = magnitude(forward) + magnitude(backward);
  const minor = magnitude(forward) - magnitude(backward);
  const turned = Math.atan2(forward.im, forward.re) + Math.atan2(backward.im, backward.re);
  // Half the sum of both angles, folded to the half turn in which an axis is one.
  const inclination = ((turned / 2) * 180) / Math.PI;
  const folded = inclination - 180 * Math.round(inclination / 180);
  const flat = Math.abs(minor) <= STRAIGHT_SHARE * major;
  return {
    major,
    minor: Math.abs(minor),
    inclinationDeg: folded,
    precession: flat ? "straight" : minor > 0 ? "forward" : "backward",
  };
}

const TURNS_MIN = 4;

function turnsEnough(
  count: number,
  rate: number,
  order: number,
  speedHz: number | null,
): speedHz is number {
  if (speedHz === null || !(speedHz > 0)) return false;
  return (Math.min(order, 1) * speedHz * count) / rate >= TURNS_MIN && order * speedHz < rate / 2;
}
