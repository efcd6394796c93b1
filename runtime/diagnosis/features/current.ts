// Features of a motor's current: at which frequency it is fed, how much of the current is
// harmonics, and how strong the sidebands of broken rotor bars are.

import type { Circumstances, DiagnosisChannel } from "../channel.ts";
import { canSayBars, SLIP_TOLERANCE } from "./broken-bars.ts";
import {
  type FeaturePart,
  type FeaturePartKind,
  type FeatureWords,
  SCATTERING_SHARE,
  STEADY_SHARE,
} from "./feature-part.ts";
import { LineSpectrum, USABLE_SHARE_OF_RATE } from "./line-spectrum.ts";
import { toFeatureUnit } from "./quantity-units.ts";

/** Between them lies the fundamental of mains, of ships and planes, and of inverters. */
const FUNDAMENTAL_HZ_MIN = 5;
const FUNDAMENTAL_HZ_MAX = 400;
/** A current that flows stands far out of the noise of a clamp that hears none. */
const FUNDAMENTAL_ABOVE_BACKGROUND_DB = 20;
/** IEC 61000-4-7 measures harmonics up to this order. */
const HARMONICS_MAX = 40;
const TOLD_HARMONICS = [3, 5, 7] as const;

const FREQUENCY = 0;
const FUNDAMENTAL = 1;
const DISTORTION = 2;
const FIRST_HARMONIC = 3;
const BARS = FIRST_HARMONIC + TOLD_HARMONICS.length;

const WORDS: readonly FeatureWords[] = [
  {
    suffix: "FundamentalFrequency",
    words: "frequency of the fundamental",
    unit: "Hz",
    // One part in a thousand: the mains wander less.
    deadbandShare: 0.001,
  },
  { suffix: "FundamentalRms", words: "fundamental RMS", unit: "A", deadbandShare: STEADY_SHARE },
  {
    suffix: "HarmonicDistortion",
    words: "harmonics together, of the fundamental",
    unit: "%",
    deadbandShare: STEADY_SHARE,
  },
  ...TOLD_HARMONICS.map((order) => ({
    suffix: `Harmonic${order}`,
    words: `harmonic ${order}, of the fundamental`,
    unit: "%",
    deadbandShare: SCATTERING_SHARE,
  })),
  {
    suffix: "BarSidebands",
    words: "sidebands of broken rotor bars, to the fundamental",
    unit: "dB",
    deadbandShare: STEADY_SHARE,
  },
];

export const currentPart: FeaturePartKind = {
  wordsFor: () => WORDS,
  make: (channel) => new CurrentPart(channel),
};

class CurrentPart implements FeaturePart {
  readonly features = WORDS;
  readonly #channel: DiagnosisChannel;
  readonly #factor: number;
  readonly #spectrum: LineSpectrum;
  /** Sees a sideband that is a thousand times weaker than the fundamental beside it. */
  readonly #sharp: LineSpectrum | null;

  constructor(channel: DiagnosisChannel) {
    const { rate, windowSamples, quantity, unit, polePairs } = channel;
    this.#channel = channel;
    this.#factor = toFeatureUnit(quantity, unit);
    this.#spectrum = new LineSpectrum(rate, windowSamples);
    this.#sharp =
      polePairs === null ? null : new LineSpectrum(rate, windowSamples, "blackman-harris");
  }

  compute(
    samples: Float32Array,
    { speedHz }: Circumstances,
    into: Float64Array,
    first: number,
  ): void {
    this.#spectrum.load(samples, this.#channel.windowSamples);
    const hz = this.#fundamental();
    if (Number.isNaN(hz)) return;
    const fundamental = this.#spectrum.lineRms(hz);
    into[first + FREQUENCY] = hz;
    into[first + FUNDAMENTAL] = fundamental * this.#factor;
    this.#harmonics(hz, fundamental, into, first);
    into[first + BARS] = this.#barsDb(samples, hz, speedHz);
  }

  /** NaN where no current flows, or where the window holds too few periods of it. */
  #fundamental(): number {
    const { lineHz, rate } = this.#spectrum;
    const lowHz = Math.max(FUNDAMENTAL_HZ_MIN, 2 * lineHz);
    const highHz = Math.min(FUNDAMENTAL_HZ_MAX, USABLE_SHARE_OF_RATE * rate);
    if (lowHz >= highHz) return Number.NaN;
    const peakHz = this.#spectrum.peakNear((lowHz + highHz) / 2, (highHz - lowHz) / 2);
    const aboveDb = this.#spectrum.aboveBackgroundDb(peakHz, lowHz, highHz);
    if (!(aboveDb >= FUNDAMENTAL_ABOVE_BACKGROUND_DB)) return Number.NaN;
    return this.#spectrum.refine(peakHz);
  }

  #harmonics(hz: number, fundamental: number, into: Float64Array, first: number): void {
    const usableHz = USABLE_SHARE_OF_RATE * this.#spectrum.rate;
    let squares = 0;
    let highest = 1;
    for (let order = 2; order <= HARMONICS_MAX && order * hz <= usableHz; order++) {
      const harmonic = this.#spectrum.lineRms(order * hz) / fundamental;
      squares += harmonic * harmonic;
      highest = order;
      const told = TOLD_HARMONICS.indexOf(order as (typeof TOLD_HARMONICS)[number]);
      if (told >= 0) into[first + FIRST_HARMONIC + told] = 100 * harmonic;
    }
    // A distortion without the 3rd, 5th and 7th would look like a clean current.
    if (highest >= TOLD_HARMONICS.at(-1)!) into[first + DISTORTION] = 100 * Math.sqrt(squares);
  }

  /** The stronger of the lines at (1 ± 2s)·f, in dB to the fundamental. */
  #barsDb(samples: Float32Array, hz: number, speedHz: number | null): number {
    const { polePairs, windowSamples } = this.#channel;
    const spectrum = this.#sharp;
    if (spectrum === null) return Number.NaN;
    const seconds = 1 / spectrum.resolutionHz;
    const bars = canSayBars({ supplyHz: hz, speedHz, polePairs, seconds });
    if (!bars.canSay) return Number.NaN;
    spectrum.load(samples, windowSamples);
    const withinHz = SLIP_TOLERANCE * (hz - bars.lowerHz);
    const below = spectrum.lineRms(spectrum.peakNear(bars.lowerHz, withinHz));
    const above = spectrum.lineRms(spectrum.peakNear(bars.upperHz, withinHz));
    return 20 * Math.log10(Math.max(below, above) / spectrum.lineRms(hz));
  }
}
