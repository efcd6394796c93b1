// Features of a proximity probe at a shaft: where the shaft lies, how far it swings, and how much
// of that turns with it.

import type { Circumstances, DiagnosisChannel } from "../channel.ts";
import {
  type FeaturePart,
  type FeaturePartKind,
  type FeatureWords,
  STEADY_SHARE,
} from "./feature-part.ts";
import { LineSpectrum } from "./line-spectrum.ts";
import { computeOrders, orderWords } from "./orders.ts";
import { toFeatureUnit } from "./quantity-units.ts";

const OWN_WORDS: readonly FeatureWords[] = [
  { suffix: "Gap", words: "gap", unit: "um", deadbandShare: STEADY_SHARE },
  { suffix: "DisplacementRms", words: "displacement RMS", unit: "um", deadbandShare: STEADY_SHARE },
  {
    suffix: "DisplacementPeakToPeak",
    words: "displacement peak to peak",
    unit: "um",
    deadbandShare: STEADY_SHARE,
  },
];
const WORDS = [...OWN_WORDS, ...orderWords("um", "displacement")];

export const proximityPart: FeaturePartKind = {
  wordsFor: () => WORDS,
  make: (channel) => new ProximityPart(channel),
};

class ProximityPart implements FeaturePart {
  readonly features = WORDS;
  readonly #windowSamples: number;
  /** From the samples' unit to um. */
  readonly #factor: number;
  readonly #spectrum: LineSpectrum;

  constructor({ rate, windowSamples, quantity, unit }: DiagnosisChannel) {
    this.#windowSamples = windowSamples;
    this.#factor = toFeatureUnit(quantity, unit);
    this.#spectrum = new LineSpectrum(rate, windowSamples);
  }

  /** Peak to peak is that of the samples, not of a band: the shaft hits what it hits. */
  compute(
    samples: Float32Array,
    { speedHz }: Circumstances,
    into: Float64Array,
    first: number,
  ): void {
    const count = this.#windowSamples;
    let sum = 0;
    let lowest = samples[0]!;
    let highest = lowest;
    for (let index = 0; index < count; index++) {
      const sample = samples[index]!;
      sum += sample;
      if (sample < lowest) lowest = sample;
      else if (sample > highest) highest = sample;
    }
    const gap = sum / count;
    let squares = 0;
    for (let index = 0; index < count; index++) squares += (samples[index]! - gap) ** 2;
    into[first] = gap * this.#factor;
    into[first + 1] = Math.sqrt(squares / count) * this.#factor;
    into[first + 2] = (highest - lowest) * this.#factor;
    if (speedHz === null || !(speedHz > 0)) return;
    this.#spectrum.load(samples, count);
    computeOrders(this.#spectrum, speedHz, 0, this.#factor, into, first + OWN_WORDS.length);
  }
}
