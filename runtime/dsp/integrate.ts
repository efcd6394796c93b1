// From acceleration to velocity and displacement, in the frequency domain and within a band:
// severity is judged on velocity, and what lies below the band is drift, not motion.

import assert from "node:assert/strict";
import { type RealFft, realFft64 } from "./fft.ts";
import { type Band, ringSizeOf, type Samples, writeRing } from "./samples.ts";

/** Standard gravity, by definition (3rd CGPM, 1901): samples in g times this are in m/s². */
export const STANDARD_GRAVITY = 9.80665;

/** The band in which ISO 20816-1 and -3 judge the broad-band vibration of most machines. */
export const SEVERITY_BAND: Band = { lowHz: 10, highHz: 1_000 };

/** A signal's unit times seconds for each integration: m/s² becomes m/s, then m. */
export type Integrations = 0 | 1 | 2;

/**
 * Integrates windows of up to `samplesMax` samples once or twice within a band: X[k] ÷ (i·2πf)ⁿ for
 * low ≤ f ≤ high, else zero (Brandt, "Noise and vibration analysis", §3.4, on why not in the time
 * domain). The corners are sharp, so the first and last 1 ÷ lowHz seconds depend on how the ring
 * was closed; for an RMS use `bandRms` on a spectrum. No call allocates.
 */
export class Integrator {
  readonly #fft: RealFft<Float64Array>;
  readonly #rate: number;

  constructor(options: { samplesMax: number; rate: number; fft?: RealFft<Float64Array> }) {
    const size = ringSizeOf(options.samplesMax);
    this.#fft = options.fft ?? realFft64(size);
    assert(this.#fft.size === size, "a shared transform has the size of the ring");
    this.#rate = options.rate;
  }

  run(
    samples: Samples,
    count: number,
    into: Float64Array,
    integrations: Integrations,
    band: Band = SEVERITY_BAND,
  ): void {
    const { spectrum, size } = this.#fft;
    writeRing(samples, count, this.#fft.samples);
    this.#fft.forward();
    const binHz = this.#rate / size;
    for (let bin = 0; bin <= size / 2; bin++) {
      const hertz = bin * binHz;
      const re = spectrum[2 * bin]!;
      const im = spectrum[2 * bin + 1]!;
      const inside = bin > 0 && hertz >= band.lowHz && hertz <= band.highHz;
      const gain = inside ? (2 * Math.PI * hertz) ** -integrations : 0;
      // 1 ÷ i turns by −90°, twice by 180°.
      spectrum[2 * bin] = gain * (integrations === 0 ? re : integrations === 1 ? im : -re);
      spectrum[2 * bin + 1] = gain * (integrations === 0 ? im : integrations === 1 ? -re : -im);
    }
    this.#fft.inverse();
    for (let index = 0; index < count; index++) into[index] = this.#fft.samples[index]!;
  }
}

/** Acceleration to velocity for one whole window, with a plan of its own. */
export function integrateToVelocity(
  samples: Samples,
  rate: number,
  into: Float64Array,
  band: Band = SEVERITY_BAND,
): void {
  new Integrator({ samplesMax: samples.length, rate }).run(samples, samples.length, into, 1, band);
}

/**
 * The RMS of a band straight from a one-sided power spectral density (unit² per Hz, bins from 0),
 * integrated or differentiated on the way: √Σ S[k]·(2πf)^(−2·integrations)·binHz, by Parseval. The
 * bins at the corners count for the part that lies inside. Unit: the signal's, times seconds for
 * each integration; a negative number differentiates.
 */
export function bandRms(
  density: Float64Array,
  binHz: number,
  integrations = 0,
  band: Band = SEVERITY_BAND,
): number {
  const first = Math.max(1, Math.ceil(band.lowHz / binHz - 0.5));
  const last = Math.min(density.length - 1, Math.floor(band.highHz / binHz + 0.5));
  let power = 0;
  for (let bin = first; bin <= last; bin++) {
    const above = Math.min(bin + 0.5, band.highHz / binHz);
    const below = Math.max(bin - 0.5, band.lowHz / binHz);
    const share = Math.max(0, above - below);
    power += share * density[bin]! * (2 * Math.PI * bin * binHz) ** (-2 * integrations);
  }
  return Math.sqrt(power * binHz);
}
