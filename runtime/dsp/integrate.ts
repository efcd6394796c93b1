// From acceleration to velocity and displacement, in the frequency domain and within a band:
// severity is judged on velocity, and what lies below the band is drift, not motion.

import assert from "node:assert/strict";
import { type RealFft, realFft64 } from "./fft.ts";
import { type Band, meanOf, ringSizeOf, type Samples } from "./samples.ts";

/** Standard gravity, by definition (3rd CGPM, 1901): samples in g times this are in m/s². */
export const STANDARD_GRAVITY = 9.80665;

/** The band in which ISO 20816-1 and -3 judge the broad-band vibration of most machines. */
const SEVERITY_BAND: Band = { lowHz: 10, highHz: 1_000 };

/** A signal's unit times seconds for each integration: m/s² becomes m/s, then m. */
export type Integrations = 0 | 1 | 2;

/**
 * Integrates windows of up to `samplesMax` samples once or twice within a band: X[k] ÷ (i·2πf)ⁿ for
 * low ≤ f ≤ high (Brandt, "Noise and vibration analysis", §3.4, on why not in the time domain). The
 * power is halved at the corners. The first and last tenth are faded in and out, because what a
 * window does not show before its beginning would else return as a drift through all of it: read
 * amplitudes from the middle, and an RMS from a spectrum by `bandRms`. No call allocates.
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
    this.#writeFaded(samples, count);
    this.#fft.forward();
    const binHz = this.#rate / size;
    // Outside of the band's flanks nothing passes.
    const first = Math.floor(((1 - FLANK_SHARE / 2) * band.lowHz) / binHz);
    const last = Math.min(size / 2, Math.ceil(((1 + FLANK_SHARE / 2) * band.highHz) / binHz));
    spectrum.fill(0, 0, 2 * first);
    spectrum.fill(0, 2 * (last + 1));
    for (let bin = first; bin <= last; bin++) {
      const hertz = bin * binHz;
      const re = spectrum[2 * bin]!;
      const im = spectrum[2 * bin + 1]!;
      const weight = rise(hertz / band.lowHz) * rise(2 - hertz / band.highHz);
      const gain = weight === 0 ? 0 : weight * (2 * Math.PI * hertz) ** -integrations;
      // 1 ÷ i turns by −90°, twice by 180°.
      spectrum[2 * bin] = gain * (integrations === 0 ? re : integrations === 1 ? im : -re);
      spectrum[2 * bin + 1] = gain * (integrations === 0 ? im : integrations === 1 ? -re : -im);
    }
    this.#fft.inverse();
    for (let index = 0; index < count; index++) into[index] = this.#fft.samples[index]!;
  }

  #writeFaded(samples: Samples, count: number): void {
    const ring = this.#fft.samples;
    const mean = meanOf(samples, count);
    const faded = Math.ceil(count * FADED_SHARE);
    for (let index = 0; index < count; index++) ring[index] = samples[index]! - mean;
    for (let index = 0; index < faded; index++) {
      const weight = 0.5 - 0.5 * Math.cos((Math.PI * (index + 1)) / (faded + 1));
      ring[index]! *= weight;
      ring[count - 1 - index]! *= weight;
    }
    ring.fill(0, count);
  }
}

/** Of the window, at each end. */
const FADED_SHARE = 0.1;

/** Around a corner, from 0 to 1: a sharp corner would ring through the whole window. */
const FLANK_SHARE = 0.5;

/** 0 below 1 − FLANK_SHARE ÷ 2, √½ at 1, 1 above 1 + FLANK_SHARE ÷ 2. */
function rise(ratio: number): number {
  const inside = (ratio - 1) / FLANK_SHARE + 0.5;
  return inside <= 0 ? 0 : inside >= 1 ? 1 : Math.sin((Math.PI / 2) * inside);
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
  const highest = band.highHz / binHz;
  const lowest = band.lowHz / binHz;
  let power = 0;
  for (let bin = first; bin <= last; bin++) {
    const above = Math.min(bin + 0.5, highest);
    const below = Math.max(bin - 0.5, lowest);
    const share = Math.max(0, above - below);
    power += share * density[bin]! * gainAt(2 * Math.PI * bin * binHz, integrations);
  }
  return Math.sqrt(power * binHz);
}

/** ω^(−2·integrations). A power for each bin would take longer than the transform. */
function gainAt(omega: number, integrations: number): number {
  if (integrations === 0) return 1;
  if (integrations === 1) return 1 / (omega * omega);
  if (integrations === 2) return 1 / (omega * omega * omega * omega);
  return omega ** (-2 * integrations);
}
