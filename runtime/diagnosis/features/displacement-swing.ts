// From where to where a machine swings: displacement peak to peak, from acceleration or velocity.

import { FFT_SIZE_MAX } from "../../dsp/fft.ts";
import { Integrator } from "../../dsp/integrate.ts";
import { RING_SAMPLES_MAX, ringSizeOf } from "../../dsp/samples.ts";
import { SEGMENT_SAMPLES_MAX } from "./line-spectrum.ts";
import { sharedFft } from "./shared-fft.ts";

/**
 * Share of the window at each end that is faded in or out (a cosine taper after Tukey) and not
 * looked at. A jump of phase from the end to the beginning is a swing of low frequency, which two
 * integrations make larger than the vibration itself.
 */
const FADE_SHARE = 0.125;

/** What a ring needs beyond its window. */
const RING_GAP = FFT_SIZE_MAX - RING_SAMPLES_MAX;

export class DisplacementSwing {
  readonly #integrator: Integrator;
  readonly #samplesMax: number;
  /** The faded window, then zeros to the end of the ring; after it the integral of that. */
  readonly #ring: Float64Array;

  constructor(rate: number, windowSamples: number) {
    this.#samplesMax = Math.min(windowSamples, SEGMENT_SAMPLES_MAX);
    const size = ringSizeOf(this.#samplesMax);
    const samplesMax = size - RING_GAP;
    this.#integrator = new Integrator({ samplesMax, rate, fft: sharedFft(size) });
    this.#ring = new Float64Array(samplesMax);
  }

  /**
   * Highest less lowest value within the band after so many integrations, in the samples' unit
   * times seconds to that power. Of a window beyond the longest transform its newest part is taken.
   */
  peakToPeak(
    window: Float32Array,
    count: number,
    lowHz: number,
    highHz: number,
    integrations: 1 | 2,
  ): number {
    const ring = this.#ring;
    const taken = Math.min(count, this.#samplesMax);
    const fade = Math.floor(taken * FADE_SHARE);
    this.#loadFaded(window, count - taken, taken, fade);
    this.#integrator.run(ring, ring.length, ring, integrations, { lowHz, highHz });
    let lowest = ring[fade]!;
    let highest = lowest;
    for (let index = fade; index < taken - fade; index++) {
      const value = ring[index]!;
      if (value < lowest) lowest = value;
      else if (value > highest) highest = value;
    }
    return highest - lowest;
  }

  #loadFaded(window: Float32Array, start: number, count: number, fade: number): void {
    const faded = this.#ring;
    let sum = 0;
    for (let index = 0; index < count; index++) sum += window[start + index]!;
    const mean = sum / count;
    for (let index = 0; index < count; index++) faded[index] = window[start + index]! - mean;
    for (let index = 0; index < fade; index++) {
      const weight = 0.5 - 0.5 * Math.cos((Math.PI * (index + 0.5)) / fade);
      faded[index]! *= weight;
      faded[count - 1 - index]! *= weight;
    }
    faded.fill(0, count);
  }
}
