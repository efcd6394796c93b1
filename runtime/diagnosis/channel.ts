// What the diagnosis has to know of one waveform: what it measures, at what rate, and which parts
// of the machine can be heard in it. The machine file and `telltale diagnose` both make one of it.

import type { BearingGeometry } from "./bearing/geometry.ts";
import type { SeverityLimits } from "./severity.ts";

/** What the samples are, after scaling. It decides which features make sense. */
export const QUANTITIES = ["acceleration", "velocity", "displacement", "current", "other"] as const;
export type Quantity = (typeof QUANTITIES)[number];

export interface MountedBearing {
  /** Unique in its channel: `driveEnd`. */
  readonly name: string;
  readonly geometry: BearingGeometry;
  /** Speed of the bearing's shaft ÷ speed of the channel's reference shaft. */
  readonly ratio: number;
}

export interface GearStage {
  readonly name: string;
  /** Teeth of the wheel whose shaft turns at `ratio` times the reference shaft. */
  readonly teeth: number;
  readonly ratio: number;
}

/** Outside of it nothing is concluded: the limits and baselines do not hold there. */
export interface Regime {
  /** Of the reference shaft, in Hz: [least, most]. */
  readonly speedHz: readonly [number, number];
  /** Of the load signal, in its unit; null where the load does not matter. */
  readonly load: readonly [number, number] | null;
}

export interface DiagnosisChannel {
  readonly name: string;
  readonly quantity: Quantity;
  /** UCUM code of the samples. */
  readonly unit: string;
  /** Samples per second. */
  readonly rate: number;
  readonly windowSamples: number;
  /** Absolute value in `unit` at which the sensor or converter clips; null where unknown. */
  readonly fullScale: number | null;
  /** Of the supply, for pick-up and for currents: 50, 60, or 16.7. */
  readonly mainsHz: number;
  readonly bearings: readonly MountedBearing[];
  readonly gears: readonly GearStage[];
  /** Pole pairs of the motor, for slip; null where there is no motor or nobody knows. */
  readonly polePairs: number | null;
  /** Limits of severity for this machine; null where none were chosen. */
  readonly severity: SeverityLimits | null;
  readonly regime: Regime | null;
}

/** A waveform of which nothing else is known: it has the features that every one has. */
export function plainChannel(
  waveform: Pick<DiagnosisChannel, "name" | "unit" | "rate" | "windowSamples">,
): DiagnosisChannel {
  const { name, unit, rate, windowSamples } = waveform;
  return {
    name,
    quantity: "other",
    unit,
    rate,
    windowSamples,
    fullScale: null,
    mainsHz: 50,
    bearings: [],
    gears: [],
    polePairs: null,
    severity: null,
    regime: null,
  };
}

/** The circumstances of one window. */
export interface Circumstances {
  /** Of the reference shaft, in Hz; 0 at rest; null where unknown. */
  readonly speedHz: number | null;
  /** Of the load signal, in its unit; null where there is none or it is not good. */
  readonly load: number | null;
  /** What is judged apart: a usage state, or `state/mode`. Baselines are kept for each. */
  readonly operatingState: string;
}
