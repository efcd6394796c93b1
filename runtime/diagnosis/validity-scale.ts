// Whether a window's strength is one that a machine and its sensor can have: a factor of a thousand
// between g and mg, or counts that nobody scaled, must not become a finding.

import { STANDARD_GRAVITY } from "../dsp/integrate.ts";
import type { Circumstances, DiagnosisChannel, Quantity } from "./channel.ts";
import { figure } from "./figure.ts";
import type { ValidityProblem } from "./validity.ts";
import type { MeasuredSamples } from "./validity-samples.ts";

interface Plausible {
  /** The unit of the figures below. */
  readonly unit: string;
  /** Where units have to be converted: how much one of them is in `unit`. */
  readonly factors: Readonly<Record<string, number>>;
  /** Below it, RMS, there is nothing that a sensor could show: the scale is wrong. */
  readonly rmsMin: number;
  /** Below it, RMS, a running machine is not heard: the sensor's own noise. */
  readonly noise: number;
  /** Above it, RMS, no machine stays whole. */
  readonly rmsMax: number;
  /** A mean beyond it is no motion: an input without a sensor lies at its rail. */
  readonly meanMax: number;
}

/**
 * - Acceleration: industrial sensors range from 2 g to 500 g; their own noise over 10 kHz is
 *   1e-5 g to 1e-3 g. Recordings of healthy and worn bearings at hand have 0.07 g to 6 g RMS. Below
 *   1e-6 g the best seismic sensors end. A mean of more than 10 g is a rail, not gravity.
 * - Velocity: zone D of any ISO 20816 machine begins below 20 mm/s. 1 m/s is 50 times as much;
 *   0.1 um/s is far below any machine's zone A, and a geophone's noise.
 * - Displacement: proximity probes measure over 2 mm, and their noise is about 0.1 um.
 * - Current: what is off draws none, so there is no lower limit; 100 kA RMS are a short circuit's.
 */
const PLAUSIBLE: Readonly<Partial<Record<Quantity, Plausible>>> = {
  acceleration: {
    unit: "[g]",
    factors: {
      "[g]": 1,
      g: 1,
      "m[g]": 1e-3,
      mg: 1e-3,
      "m/s2": 1 / STANDARD_GRAVITY,
      "mm/s2": 1e-3 / STANDARD_GRAVITY,
    },
    rmsMin: 1e-6,
    noise: 1e-4,
    rmsMax: 200,
    meanMax: 10,
  },
  velocity: {
    unit: "mm/s",
    factors: { "mm/s": 1, "m/s": 1e3, "um/s": 1e-3, "cm/s": 10, "[in_i]/s": 25.4 },
    rmsMin: 1e-5,
    noise: 1e-3,
    rmsMax: 1_000,
    meanMax: 1_000,
  },
  displacement: {
    unit: "um",
    factors: { um: 1, mm: 1e3, m: 1e6, "[mil_i]": 25.4, "[in_i]": 25_400 },
    rmsMin: 1e-5,
    noise: 1e-3,
    rmsMax: 1e4,
    meanMax: 1e5,
  },
  current: {
    unit: "A",
    factors: { A: 1, mA: 1e-3, kA: 1e3 },
    rmsMin: 0,
    noise: 0,
    rmsMax: 1e5,
    meanMax: 1e6,
  },
};

/** A sensor's rail, where the full scale is known. */
const RAIL_SHARE = 0.95;

export function judgeScale(
  { rms, mean }: MeasuredSamples,
  { quantity, unit, fullScale }: DiagnosisChannel,
  { speedHz }: Circumstances,
  problems: ValidityProblem[],
): void {
  const nothing = (kind: ValidityProblem["kind"], message: string) => {
    problems.push({ kind, message, forbids: "everything" });
  };
  if (fullScale !== null && Math.abs(mean) >= RAIL_SHARE * fullScale) {
    nothing("disconnected", `The mean of ${figure(mean)} ${unit} is the input's rail.`);
    return;
  }
  const plausible = PLAUSIBLE[quantity];
  const factor = plausible?.factors[unit];
  // A unit that is not known here is no reason to doubt its figures.
  if (!plausible || factor === undefined) return;
  const strength = rms * factor;
  const said = `An RMS of ${figure(strength)} ${plausible.unit}`;
  if (strength > plausible.rmsMax) {
    nothing("wrong-scale", `${said} is more than any machine has: look at scale and unit.`);
  } else if (strength < plausible.rmsMin) {
    nothing("wrong-scale", `${said} is less than any sensor can show: look at scale and unit.`);
  } else if (Math.abs(mean * factor) > plausible.meanMax) {
    const offset = figure(mean * factor);
    nothing("disconnected", `A mean of ${offset} ${plausible.unit} is an input's rail, no motion.`);
  } else if (strength < plausible.noise && speedHz !== 0) {
    nothing("disconnected", `${said} is a sensor's own noise: cut off, loose, or nothing turns.`);
  }
}
