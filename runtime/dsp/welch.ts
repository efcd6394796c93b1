// The power spectral density of a signal, averaged over overlapping segments: how strong it is at
// which frequency, with the noise smoothed out.

import assert from "node:assert/strict";
import { type RealFft, realFft64 } from "./fft.ts";
import { type Samples, transformSizeOf } from "./samples.ts";
import { equivalentNoiseBandwidth, type WindowName, windowOf } from "./window.ts";

export interface WelchOptions {
  readonly rate: number;
  /** Samples of one segment, any number; behind them come zeros up to a power of two. */
  readonly segment: number;
  /** Samples that two neighbours share; half a segment unless told. */
  readonly overlap?: number;
  readonly window?: WindowName;
  /** What is taken out of each segment first: its mean unless told. */
  readonly detrend?: "none" | "mean" | "line";
  /** To share one transform; its size is `transformSizeOf(segment)`. */
  readonly fft?: RealFft<Float64Array>;
}

/**
 * Welch, IEEE Trans. Audio Electroacoust. 15 (1967) 70–73, with the scaling of SciPy's `welch`:
 * one-sided, unit² per Hz, so that the sum times `binHz` is the mean square. No call allocates.
 */
export class Welch {
  readonly rate: number;
  readonly segment: number;
  readonly binHz: number;
  /** The bandwidth of noise that one line's bin collects. */
  readonly noiseBandwidthHz: number;
  /** From 0 to half the rate; NaN before a whole segment came. */
  readonly density: Float64Array;
  /** How many segments the density is the mean of. */
  segments = 0;
  readonly #step: number;
  readonly #window: Float64Array;
  readonly #detrend: "none" | "mean" | "line";
  readonly #fft: RealFft<Float64Array>;
  readonly #scale: number;

  constructor(options: WelchOptions) {
    const { rate, segment, overlap = segment >> 1, window = "hann", detrend = "mean" } = options;
    assert(segment >= 2 && overlap >= 0 && overlap < segment);
    const size = transformSizeOf(segment);
    this.#fft = options.fft ?? realFft64(size);
    assert(this.#fft.size === size, "a shared transform has the size of the segment");
    this.rate = rate;
    this.segment = segment;
    this.#step = segment - overlap;
    this.#detrend = detrend;
    this.#window = windowOf(window, segment);
    this.#scale = 1 / (rate * this.#window.reduce((sum, value) => sum + value * value, 0));
    this.binHz = rate / size;
    this.noiseBandwidthHz = (equivalentNoiseBandwidth(this.#window) * rate) / segment;
    this.density = new Float64Array(size / 2 + 1).fill(Number.NaN);
  }

  /** Averages all whole segments of the first `count` samples; what is left over is cut. */
  compute(samples: Samples, count: number): void {
    this.segments = 0;
    for (let start = 0; start + this.segment <= count; start += this.#step) {
      this.#add(samples, start);
      this.segments += 1;
    }
    if (this.segments === 0) this.density.fill(Number.NaN);
    else this.#scaleFrom(this.density);
  }

  /**
   * The density of one segment whose |X|² somebody has already: with the same window, detrended in
   * the same way, in a transform of the same size.
   */
  take(powers: Float64Array): void {
    assert(powers.length === this.density.length, "the powers are of another transform");
    this.segments = 1;
    this.#scaleFrom(powers);
  }

  #scaleFrom(powers: Float64Array): void {
    const { density } = this;
    const last = density.length - 1;
    const scale = this.#scale / this.segments;
    // Bins between the ends stand for their negative twins as well.
    for (let bin = 1; bin < last; bin++) density[bin] = powers[bin]! * (2 * scale);
    density[0] = powers[0]! * scale;
    density[last] = powers[last]! * scale;
  }

  /** The peak amplitude of a sine that stands at each bin, in the samples' unit. */
  amplitudes(into: Float64Array): void {
    for (let bin = 0; bin < this.density.length; bin++) {
      into[bin] = Math.sqrt(2 * this.density[bin]! * this.noiseBandwidthHz);
    }
  }

  #add(samples: Samples, start: number): void {
    const { samples: input, spectrum } = this.#fft;
    const length = this.segment;
    let mean = 0;
    let slope = 0;
    if (this.#detrend !== "none") {
      let sum = 0;
      for (let index = 0; index < length; index++) sum += samples[start + index]!;
      mean = sum / length;
    }
    const middle = (length - 1) / 2;
    if (this.#detrend === "line") {
      // Least squares: Σ (t − t̄)·x ÷ Σ (t − t̄)², whose lower part is n(n² − 1) ÷ 12.
      let moment = 0;
      for (let index = 0; index < length; index++) {
        moment += (index - middle) * (samples[start + index]! - mean);
      }
      slope = moment / ((length * (length * length - 1)) / 12);
    }
    const window = this.#window;
    if (slope === 0) {
      for (let index = 0; index < length; index++) {
        input[index] = window[index]! * (samples[start + index]! - mean);
      }
    } else {
      for (let index = 0; index < length; index++) {
        const level = mean + slope * (index - middle);
        input[index] = window[index]! * (samples[start + index]! - level);
      }
    }
    input.fill(0, length);
    this.#fft.forward();
    const { density } = this;
    if (this.segments === 0) density.fill(0);
    for (let bin = 0; bin < density.length; bin++) {
      const re = spectrum[2 * bin]!;
      const im = spectrum[2 * bin + 1]!;
      density[bin]! += re * re + im * im;
    }
  }
}
