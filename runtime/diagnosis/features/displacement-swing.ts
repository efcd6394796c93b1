// From where to where a machine swings: displacement peak to peak, from acceleration or velocity.

import { Integrator } from "../../dsp/integrate.ts";
import { ringSizeOf } from "../../dsp/samples.ts";
import { SEGMENT_SAMPLES_MAX } from "./line-spectrum.ts";
import { sharedFft } from "./shared-fft.ts";

/** Share of the window at each end that is not looked at: the integrator fades a tenth there. */
const END_SHARE = 0.125;

export class DisplacementSwing {
  readonly #integrator: Integrator;
  readonly #displacement: Float64Array;

  constructor(rate: number, windowSamples: number) {
    const samplesMax = Math.min(windowSamples, SEGMENT_SAMPLES_MAX);
    const fft = sharedFft(ringSizeOf(samplesMax));
    this.#integrator = new Integrator({ samplesMax, rate, fft });
    this.#displacement = new Float64Array(samplesMax);
  }

  /**
   * Highest less lowest value within the band after so many integrations, in the samples' unit
   * times seconds to that power. Of a window beyond the longest transform its newest part is taken.
   */
  peakToPeak(
    window: Float32Array,
    windowSamples: number,
    lowHz: number,
    highHz: number,
    integrations: 1 | 2,
  ): number {
    const displacement = this.#displacement;
    const count = displacement.length;
    const newest = count === windowSamples ? window : window.subarray(windowSamples - count);
    this.#integrator.run(newest, count, displacement, integrations, { lowHz, highHz });
    const end = Math.ceil(count * END_SHARE);
    let lowest = displacement[end]!;
    let highest = lowest;
    for (let index = end; index < count - end; index++) {
      const value = displacement[index]!;
      if (value < lowest) lowest = value;
      else if (value > highest) highest = value;
    }
    return highest - lowest;
  }
}
