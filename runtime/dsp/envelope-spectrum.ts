// The spectrum of a squared envelope: how often, and how deeply, a signal is modulated.

import assert from "node:assert/strict";
import { type RealFft, realFft64 } from "./fft.ts";
import { meanOf, transformSizeOf } from "./samples.ts";
import { fillHann } from "./window.ts";

export interface SquaredEnvelopeSpectrumOptions {
  /** The longest squared envelope that will come. */
  readonly samplesMax: number;
  readonly rate: number;
  /**
   * `hann` keeps a strong line's leakage from looking like others; `none` tells lines apart that
   * are half as far from each other.
   */
  readonly window?: "hann" | "none";
  /** To share one transform; its size is `transformSizeOf(samplesMax)`. */
  readonly fft?: RealFft<Float64Array>;
}

/**
 * SES[k] = 2·|Σ w[n]·(e²[n] − mean)·exp(−2πi·k·n ÷ size)| ÷ Σ w[n]: the amplitude of each line of
 * the squared envelope, in the square of the samples' unit. Because of the division by Σ w a line
 * has the same height whatever the length of the window; noise between the lines falls with its
 * root. Antoni, "Cyclic spectral analysis of rolling-element bearing signals: facts and fictions",
 * J. Sound Vib. 304 (2007) 497–529. Zeros behind the window only make the bins finer.
 */
export class SquaredEnvelopeSpectrum {
  readonly rate: number;
  readonly samplesMax: number;
  /** Distance of two bins. */
  readonly binHz: number;
  /** From 0 to half the rate; bin 0 is next to nothing, because the mean is taken out. */
  readonly amplitudes: Float64Array;
  /** Of the squared envelope: an amplitude ÷ mean is the depth of that modulation. */
  mean = 0;
  readonly #fft: RealFft<Float64Array>;
  readonly #window: Float64Array;
  readonly #hann: boolean;
  #count = 0;
  #windowSum = 0;

  constructor({ samplesMax, rate, window = "hann", fft }: SquaredEnvelopeSpectrumOptions) {
    const size = transformSizeOf(samplesMax);
    this.rate = rate;
    this.samplesMax = samplesMax;
    this.#hann = window === "hann";
    this.#fft = fft ?? realFft64(size);
    assert(this.#fft.size === size, "a shared transform has the size of the plan");
    this.binHz = rate / size;
    this.amplitudes = new Float64Array(size / 2 + 1);
    this.#window = new Float64Array(samplesMax).fill(1);
  }

  /** Takes the first `count` values; a change of the count costs a new window, nothing else. */
  compute(squaredEnvelope: Float64Array, count: number): void {
    assert(count >= 2 && count <= this.samplesMax);
    this.#prepareWindow(count);
    const { samples, spectrum } = this.#fft;
    this.mean = meanOf(squaredEnvelope, count);
    for (let index = 0; index < count; index++) {
      samples[index] = this.#window[index]! * (squaredEnvelope[index]! - this.mean);
    }
    samples.fill(0, count);
    this.#fft.forward();
    const scale = 2 / this.#windowSum;
    for (let bin = 0; bin < this.amplitudes.length; bin++) {
      const re = spectrum[2 * bin]!;
      const im = spectrum[2 * bin + 1]!;
      this.amplitudes[bin] = scale * Math.sqrt(re * re + im * im);
    }
  }

  #prepareWindow(count: number): void {
    if (count === this.#count) return;
    this.#count = count;
    if (this.#hann) fillHann(this.#window, count);
    this.#windowSum = meanOf(this.#window, count) * count;
  }
}
