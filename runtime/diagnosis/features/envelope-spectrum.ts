// The spectrum of the squared envelope: in it stand the shocks of a damaged bearing, however high
// the resonance is that they ring.

import type { RealFft } from "../../dsp/fft.ts";
import { LineSpectrum, SEGMENT_SAMPLES_MAX, USABLE_SHARE_OF_RATE } from "./line-spectrum.ts";
import { sharedFft } from "./shared-fft.ts";

/**
 * Below it are the lines of shaft and gears, whose beating would stand in the envelope; at low
 * rates a share of the rate, so that most of the band is left.
 */
const LOWEST_HZ = 1_000;
const LOWEST_SHARE_OF_RATE = 0.1;

export class EnvelopeSpectrum {
  /** A squared envelope reaches as far as its band is wide. */
  readonly highestHz: number;
  readonly #rate: number;
  readonly #lowHz: number;
  readonly #highHz: number;
  readonly #fft: RealFft;
  readonly #analytic: Float64Array;
  readonly #squared: Float32Array;
  readonly #spectrum: LineSpectrum;

  constructor(rate: number, samplesMax: number) {
    const count = Math.min(samplesMax, SEGMENT_SAMPLES_MAX);
    this.#rate = rate;
    this.#lowHz = Math.min(LOWEST_HZ, LOWEST_SHARE_OF_RATE * rate);
    this.#highHz = USABLE_SHARE_OF_RATE * rate;
    this.highestHz = this.#highHz - this.#lowHz;
    this.#fft = sharedFft(count);
    this.#analytic = new Float64Array(this.#fft.size + 2);
    this.#squared = new Float32Array(count);
    this.#spectrum = new LineSpectrum(rate, count);
  }

  /** Of a window beyond the longest transform its newest part is taken. Valid until the next. */
  load(window: Float32Array, windowSamples: number): LineSpectrum {
    const count = Math.min(windowSamples, this.#squared.length);
    const start = windowSamples - count;
    const { samples, spectrum } = this.#fft;
    for (let index = 0; index < count; index++) samples[index] = window[start + index]!;
    samples.fill(0, count);
    this.#fft.forward();
    this.#keepBand();
    this.#analytic.set(spectrum);
    this.#fft.inverse();
    for (let index = 0; index < count; index++) this.#squared[index] = samples[index]! ** 2;
    this.#loadHilbert();
    this.#fft.inverse();
    for (let index = 0; index < count; index++) this.#squared[index]! += samples[index]! ** 2;
    this.#spectrum.load(this.#squared, count);
    return this.#spectrum;
  }

  #keepBand(): void {
    const { spectrum, size } = this.#fft;
    const binHz = this.#rate / size;
    spectrum.fill(0, 0, 2 * Math.ceil(this.#lowHz / binHz));
    spectrum.fill(0, 2 * (Math.floor(this.#highHz / binHz) + 1));
  }

  /** The Hilbert transform turns each line of positive frequency back by a quarter: × −i. */
  #loadHilbert(): void {
    const { spectrum } = this.#fft;
    for (let index = 0; index < spectrum.length; index += 2) {
      spectrum[index] = this.#analytic[index + 1]!;
      spectrum[index + 1] = -this.#analytic[index]!;
    }
  }
}
