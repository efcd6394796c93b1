// Integrates a window within a band and says from where to where the result swings: displacement
// peak to peak from acceleration or velocity.

import type { RealFft } from "../../dsp/fft.ts";
import { SEGMENT_SAMPLES_MAX } from "./line-spectrum.ts";
import { sharedFft } from "./shared-fft.ts";

/**
 * Share of the window at each end that is faded in or out (a cosine taper after Tukey), because a
 * transform takes a jump from the last sample to the first for vibration. What lies there is not
 * looked at.
 */
const FADE_SHARE = 0.125;

export class BandIntegration {
  readonly #rate: number;
  readonly #samplesMax: number;
  readonly #fft: RealFft;

  constructor(rate: number, samplesMax: number) {
    this.#rate = rate;
    this.#samplesMax = Math.min(samplesMax, SEGMENT_SAMPLES_MAX);
    this.#fft = sharedFft(this.#samplesMax);
  }

  /**
   * Highest less lowest value after so many integrations over time, in the samples' unit times
   * seconds to that power. Of a window beyond the longest transform its newest part is taken.
   */
  peakToPeak(
    window: Float32Array,
    windowSamples: number,
    lowHz: number,
    highHz: number,
    integrations: 1 | 2,
  ): number {
    const count = Math.min(windowSamples, this.#samplesMax);
    const fade = Math.floor(count * FADE_SHARE);
    this.#loadTapered(window, windowSamples - count, count, fade);
    this.#fft.forward();
    this.#integrate(lowHz, highHz, integrations);
    this.#fft.inverse();
    const { samples } = this.#fft;
    let lowest = samples[fade]!;
    let highest = lowest;
    for (let index = fade; index < count - fade; index++) {
      const value = samples[index]!;
      if (value < lowest) lowest = value;
      else if (value > highest) highest = value;
    }
    return highest - lowest;
  }

  #loadTapered(window: Float32Array, start: number, count: number, fade: number): void {
    const { samples, size } = this.#fft;
    let sum = 0;
    for (let index = 0; index < count; index++) sum += window[start + index]!;
    const mean = sum / count;
    for (let index = 0; index < count; index++) samples[index] = window[start + index]! - mean;
    for (let index = 0; index < fade; index++) {
      const weight = 0.5 - 0.5 * Math.cos((Math.PI * (index + 0.5)) / fade);
      samples[index]! *= weight;
      samples[count - 1 - index]! *= weight;
    }
    samples.fill(0, count, size);
  }

  /** Divides by iω once or twice within the band; there is nothing outside. */
  #integrate(lowHz: number, highHz: number, integrations: 1 | 2): void {
    const { spectrum, size } = this.#fft;
    const binHz = this.#rate / size;
    const first = Math.max(1, Math.ceil(lowHz / binHz));
    const last = Math.min(size / 2 - 1, Math.floor(highHz / binHz));
    for (let bin = first; bin <= last; bin++) {
      const omega = 2 * Math.PI * bin * binHz;
      const real = spectrum[2 * bin]!;
      const imaginary = spectrum[2 * bin + 1]!;
      if (integrations === 2) {
        spectrum[2 * bin] = -real / (omega * omega);
        spectrum[2 * bin + 1] = -imaginary / (omega * omega);
      } else {
        spectrum[2 * bin] = imaginary / omega;
        spectrum[2 * bin + 1] = -real / omega;
      }
    }
    spectrum.fill(0, 0, 2 * first);
    spectrum.fill(0, 2 * (last + 1), size + 2);
  }
}
