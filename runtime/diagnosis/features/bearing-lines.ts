// Bearing lines as features: how far the fault frequencies of each mounted bearing stand out of the
// squared envelope spectrum. They are for trends and baselines; whether a bearing is damaged is
// decided in runtime/diagnosis/bearing, from more than one spectrum.

import { bearingOrders } from "../bearing/geometry.ts";
import type { Circumstances, DiagnosisChannel } from "../channel.ts";
import { EnvelopeLines } from "./envelope-lines.ts";
import {
  capitalised,
  type FeaturePart,
  type FeaturePartKind,
  type FeatureWords,
  SCATTERING_SHARE,
} from "./feature-part.ts";
import type { LineSpectrum } from "./line-spectrum.ts";

/**
 * A ball strikes both races in one turn about itself, so its damage is heard at twice BSF (Smith &
 * Randall, MSSP 64–65 (2015), §2).
 */
const LINES = [
  { suffix: "Bpfo", words: "outer race", order: "bpfo", times: 1 },
  { suffix: "Bpfi", words: "inner race", order: "bpfi", times: 1 },
  { suffix: "Bsf", words: "balls", order: "bsf", times: 2 },
  { suffix: "Ftf", words: "cage", order: "ftf", times: 1 },
] as const;

/** A fault makes shocks, and shocks have harmonics: one line alone may be anything. */
const HARMONICS = 3;
/** Slip of 1–2 % is usual (same source, §2); more than this is another frequency. */
const SLIP = 0.015;
/** Periods of the line that the window must hold; with fewer it drowns in the slowest swings. */
const PERIODS_MIN = 8;
/** Resolutions to either side that make the background of a line. */
const BACKGROUND_RESOLUTIONS = 20;

interface LinesOfBearing {
  /** Fundamental of each of LINES as a multiple of the reference shaft's speed. */
  readonly orders: readonly number[];
}

export const bearingPart: FeaturePartKind = {
  wordsFor({ bearings }) {
    return bearings.flatMap(({ name }) =>
      LINES.map(({ suffix, words }) => ({
        suffix: `${capitalised(name)}${suffix}`,
        words: `${words} of ${name} in the envelope spectrum`,
        unit: "dB",
        deadbandShare: SCATTERING_SHARE,
      })),
    );
  },
  make(channel) {
    return new BearingPart(channel, bearingPart.wordsFor(channel));
  },
};

class BearingPart implements FeaturePart {
  readonly features: readonly FeatureWords[];
  readonly #bearings: readonly LinesOfBearing[];
  readonly #envelope: EnvelopeLines | null;

  constructor(channel: DiagnosisChannel, features: readonly FeatureWords[]) {
    const { bearings, rate, windowSamples } = channel;
    this.features = features;
    this.#bearings = bearings.map(({ geometry, ratio }) => {
      const orders = bearingOrders(geometry);
      return { orders: LINES.map(({ order, times }) => orders[order] * times * ratio) };
    });
    // Without a bearing nobody needs the memory of an envelope.
    this.#envelope = bearings.length === 0 ? null : new EnvelopeLines(rate, windowSamples);
  }

  compute(
    samples: Float32Array,
    { speedHz }: Circumstances,
    into: Float64Array,
    first: number,
  ): void {
    if (this.#envelope === null || speedHz === null || !(speedHz > 0)) return;
    const spectrum = this.#envelope.load(samples);
    let next = first;
    for (let bearing = 0; bearing < this.#bearings.length; bearing++) {
      const { orders } = this.#bearings[bearing]!;
      for (let line = 0; line < orders.length; line++) {
        into[next++] = levelDb(spectrum, orders[line]! * speedHz, this.#envelope.highestHz);
      }
    }
  }
}

/** Mean over the harmonics of peak to local median, in dB; NaN where there is none to look at. */
function levelDb(spectrum: LineSpectrum, fundamentalHz: number, highestHz: number): number {
  const { resolutionHz } = spectrum;
  if (fundamentalHz < PERIODS_MIN * resolutionHz) return Number.NaN;
  const aroundHz = BACKGROUND_RESOLUTIONS * resolutionHz;
  let sumDb = 0;
  let count = 0;
  for (let harmonic = 1; harmonic <= HARMONICS; harmonic++) {
    const hz = harmonic * fundamentalHz;
    if (hz + aroundHz > highestHz) break;
    const peakHz = spectrum.peakNear(hz, Math.max(SLIP * hz, resolutionHz));
    const lowHz = Math.max(2 * resolutionHz, hz - aroundHz);
    sumDb += spectrum.aboveBackgroundDb(peakHz, lowHz, hz + aroundHz);
    count++;
  }
  return count === 0 ? Number.NaN : sumDb / count;
}
