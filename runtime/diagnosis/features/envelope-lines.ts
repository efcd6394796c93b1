// The spectrum of the squared envelope above the lines of shaft and gears: in it stand the shocks
// of a damaged bearing, however high the resonance is that they ring.

import { Envelope } from "../../dsp/envelope.ts";
import type { Band } from "../../dsp/samples.ts";
import { ringSizeOf } from "../../dsp/samples.ts";
import { LineSpectrum, SEGMENT_SAMPLES_MAX, USABLE_SHARE_OF_RATE } from "./line-spectrum.ts";
import { sharedFft } from "./shared-fft.ts";

/**
 * Below it are the lines of shaft and gears, whose beating would stand in the envelope; at low
 * rates a share of the rate, so that most of the band is left.
 */
const LOWEST_HZ = 1_000;
const LOWEST_SHARE_OF_RATE = 0.1;

export class EnvelopeLines {
  /** A squared envelope reaches as far as its band is wide. */
  readonly highestHz: number;
  readonly #band: Band;
  readonly #windowSamples: number;
  readonly #envelope: Envelope;
  readonly #squared: Float64Array;
  readonly #spectrum: LineSpectrum;

  constructor(rate: number, windowSamples: number) {
    const samplesMax = Math.min(windowSamples, SEGMENT_SAMPLES_MAX);
    const lowHz = Math.min(LOWEST_HZ, LOWEST_SHARE_OF_RATE * rate);
    this.#band = { lowHz, highHz: USABLE_SHARE_OF_RATE * rate };
    this.highestHz = this.#band.highHz - lowHz;
    this.#windowSamples = windowSamples;
    this.#envelope = new Envelope({ samplesMax, rate, fft: sharedFft(ringSizeOf(samplesMax)) });
    this.#squared = new Float64Array(samplesMax);
    this.#spectrum = new LineSpectrum(rate, samplesMax);
  }

  /** Of a window beyond the longest transform its newest part is taken. Valid until the next. */
  load(window: Float32Array): LineSpectrum {
    const count = this.#squared.length;
    const whole = count === this.#windowSamples;
    const newest = whole ? window : window.subarray(this.#windowSamples - count);
    this.#envelope.load(newest, count);
    this.#envelope.squared(this.#squared, this.#band);
    this.#spectrum.load(this.#squared, count);
    return this.#spectrum;
  }
}
