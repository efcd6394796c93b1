// Features of a vibration sensor on a machine's body, whether it gives acceleration or velocity:
// how severe, in which band, at which orders, at which meshes and bearing lines.

import type { Circumstances, DiagnosisChannel, GearStage } from "../channel.ts";
import { DisplacementSwing } from "./displacement-swing.ts";
import {
  type FeaturePart,
  type FeaturePartKind,
  type FeatureWords,
  RESTLESS_SHARE,
  STEADY_SHARE,
} from "./feature-part.ts";
import { computeGear, GEAR_FEATURES, gearWords } from "./gear-lines.ts";
import { LineSpectrum, USABLE_SHARE_OF_RATE } from "./line-spectrum.ts";
import { computeOrders, ORDERS, orderWords } from "./orders.ts";
import { toFeatureUnit } from "./quantity-units.ts";
import { velocityBand } from "./velocity-band.ts";

const MICROMETRES_PER_MILLIMETRE = 1_000;

/**
 * The corners are those that ISO 15242-1 has for bearings at 1800 rpm (recalled, unverified), and
 * fixed: a band that moved with the speed would slide over the machine's resonances, which do not.
 * Below 300 Hz turns the shaft, to 1800 Hz mesh gears and roll bearings, above ring what shocks
 * strike.
 */
const BANDS = [
  { suffix: "BandLow", lowHz: 10, highHz: 300 },
  { suffix: "BandMiddle", lowHz: 300, highHz: 1_800 },
  { suffix: "BandHigh", lowHz: 1_800, highHz: 10_000 },
] as const;

const BROAD_BAND_WORDS: readonly FeatureWords[] = [
  { suffix: "VelocityRms", words: "velocity RMS", unit: "mm/s", deadbandShare: STEADY_SHARE },
  {
    suffix: "DisplacementRms",
    words: "displacement RMS",
    unit: "um",
    deadbandShare: RESTLESS_SHARE,
  },
  {
    suffix: "DisplacementPeakToPeak",
    words: "displacement peak to peak",
    unit: "um",
    deadbandShare: RESTLESS_SHARE,
  },
];

export const vibrationPart: FeaturePartKind = {
  wordsFor({ unit, rate, gears }) {
    const bands = bandsOf(rate).map(({ suffix, lowHz, highHz }) => ({
      suffix,
      words: `RMS from ${lowHz} to ${Math.round(highHz)} Hz`,
      unit,
      deadbandShare: STEADY_SHARE,
    }));
    return [
      ...BROAD_BAND_WORDS,
      ...bands,
      ...orderWords("mm/s", "velocity"),
      ...gearWords(gears, unit),
    ];
  },
  make(channel) {
    return new VibrationPart(channel, vibrationPart.wordsFor(channel));
  },
};

/** A band of which the rate leaves less than an octave is left out rather than half told. */
function bandsOf(rate: number): readonly { suffix: string; lowHz: number; highHz: number }[] {
  const usableHz = USABLE_SHARE_OF_RATE * rate;
  return BANDS.filter(({ lowHz }) => usableHz >= 2 * lowHz).map((band) => ({
    ...band,
    highHz: Math.min(band.highHz, usableHz),
  }));
}

class VibrationPart implements FeaturePart {
  readonly features: readonly FeatureWords[];
  readonly #rate: number;
  readonly #windowSamples: number;
  /** From the samples' unit to mm/s² or mm/s. */
  readonly #factor: number;
  /** Integrations from the samples to velocity. */
  readonly #toVelocity: 0 | 1;
  readonly #gears: readonly GearStage[];
  readonly #bands: ReturnType<typeof bandsOf>;
  readonly #spectrum: LineSpectrum;
  readonly #swing: DisplacementSwing;

  constructor(channel: DiagnosisChannel, features: readonly FeatureWords[]) {
    const { rate, windowSamples, quantity, unit } = channel;
    this.features = features;
    this.#rate = rate;
    this.#windowSamples = windowSamples;
    this.#factor = toFeatureUnit(quantity, unit);
    this.#toVelocity = quantity === "acceleration" ? 1 : 0;
    this.#gears = channel.gears;
    this.#bands = bandsOf(rate);
    this.#spectrum = new LineSpectrum(rate, windowSamples);
    this.#swing = new DisplacementSwing(rate, windowSamples);
  }

  compute(
    samples: Float32Array,
    { speedHz }: Circumstances,
    into: Float64Array,
    first: number,
    powers: Float64Array | null,
  ): void {
    const spectrum = this.#spectrum;
    spectrum.load(samples, this.#windowSamples, powers);
    this.#broadBand(samples, into, first);
    let next = first + BROAD_BAND_WORDS.length;
    for (let index = 0; index < this.#bands.length; index++) {
      const { lowHz, highHz } = this.#bands[index]!;
      into[next + index] = spectrum.bandRms(lowHz, highHz);
    }
    next += this.#bands.length;
    if (speedHz === null || !(speedHz > 0)) return;
    computeOrders(spectrum, speedHz, this.#toVelocity, this.#factor, into, next);
    next += ORDERS.length;
    for (let index = 0; index < this.#gears.length; index++) {
      const gear = this.#gears[index]!;
      computeGear(spectrum, speedHz, gear, into, next + index * GEAR_FEATURES);
    }
  }

  #broadBand(samples: Float32Array, into: Float64Array, first: number): void {
    const band = velocityBand(this.#rate, this.#windowSamples, USABLE_SHARE_OF_RATE);
    if (band === null) return;
    const [low, high] = band;
    const toVelocity = this.#toVelocity;
    const toDisplacement = toVelocity === 1 ? 2 : 1;
    const toMicrometres = this.#factor * MICROMETRES_PER_MILLIMETRE;
    const swing = this.#swing.peakToPeak(samples, this.#windowSamples, low, high, toDisplacement);
    into[first] = this.#factor * this.#spectrum.bandRms(low, high, toVelocity);
    into[first + 1] = toMicrometres * this.#spectrum.bandRms(low, high, toDisplacement);
    into[first + 2] = toMicrometres * swing;
  }
}
