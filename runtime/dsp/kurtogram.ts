// Which band of a spectrum carries repeated shocks: the kurtogram. A bearing's fault rings in a
// resonance that nobody knows beforehand, and its envelope is clearest there.

import assert from "node:assert/strict";
import { type RealFft, realFft64 } from "./fft.ts";
import { type Band, ringSizeOf, type Samples, writeRing } from "./samples.ts";
import { trimmedKurtosis } from "./spectral-kurtosis.ts";

export interface KurtogramOptions {
  readonly samplesMax: number;
  readonly rate: number;
  /** Below it are shaft speeds, hum and imbalance, not resonances. */
  readonly lowestHz: number;
  /**
   * Shocks closer together than this are one to the eye of the kurtogram: a band is at least three
   * times as wide as the rate at which they come.
   */
  readonly shockHz: number;
}

/** Above it an anti-aliasing filter shapes what is there, and its edge looks like a shock. */
const HIGHEST_SHARE_OF_RATE = 0.45;

/**
 * Kurtosis does not see strength: a band of rounding noise with spikes in it would win. So a band
 * must carry at least this part of the power per hertz of the strongest quarter of 32 equal pieces
 * between the bounds, the weakest of these: a few strong tones do not raise that, and a recording
 * of which half is empty does not lower it.
 */
const DENSITY_SHARE_MIN = 0.05;
const PIECES = 32;
const STRONG_PIECES = 8;

/** Octave levels below the whole: 2¹ to 2⁷ bands. Narrower ones ring longer than shocks part. */
const LEVEL_MAX = 7;
/** A band's envelope must have so many values, for its kurtosis to say anything. */
const ENVELOPE_VALUES_MIN = 512;

export interface KurtogramBand extends Band {
  /** ⟨e⁴⟩ ÷ ⟨e²⟩² − 2 of the band's envelope: 0 for noise, −1 for a steady tone. */
  readonly kurtosis: number;
}

interface Level {
  /** In bins of the whole transform, a power of two; half of `fft.size`. */
  readonly widthBins: number;
  readonly fft: RealFft<Float64Array>;
  readonly squared: Float64Array;
}

/**
 * Spectral kurtosis over dyadic bands, each level also half a band further: Antoni, "Fast
 * computation of the kurtogram for the detection of transient faults", MSSP 21 (2007) 108–124, with
 * three guards against its known weakness for stray impulses and edges: bounds, a floor of power,
 * and a kurtosis of trimmed values. A band's envelope comes from its bins moved to zero, so each
 * level costs two transforms of the whole. Working memory is made once; a call makes one small
 * object.
 */
export class Kurtogram {
  readonly #rate: number;
  readonly #lowestHz: number;
  readonly #fft: RealFft<Float64Array>;
  readonly #levels: readonly Level[];
  readonly #scratch: Float64Array;
  readonly #densities = new Float64Array(PIECES);

  constructor({ samplesMax, rate, lowestHz, shockHz }: KurtogramOptions) {
    const size = ringSizeOf(samplesMax);
    this.#rate = rate;
    this.#lowestHz = lowestHz;
    this.#fft = realFft64(size);
    this.#scratch = new Float64Array(PIECES);
    const levels: Level[] = [];
    for (let level = 1; level <= LEVEL_MAX; level++) {
      const widthBins = size / 2 / 2 ** level;
      const widthHz = rate / 2 / 2 ** level;
      if (2 * widthBins < ENVELOPE_VALUES_MIN || widthHz < 3 * shockHz) break;
      const fft = realFft64(2 * widthBins);
      levels.push({ widthBins, fft, squared: new Float64Array(2 * widthBins) });
    }
    this.#levels = levels;
  }

  /** The band with the most repeated shocks, null where no band says anything. */
  best(samples: Samples, count: number): KurtogramBand | null {
    const { spectrum, size } = this.#fft;
    assert(count >= 2);
    writeRing(samples, count, this.#fft.samples);
    this.#fft.forward();
    const binHz = this.#rate / size;
    const first = Math.ceil(this.#lowestHz / binHz);
    const last = Math.floor((HIGHEST_SHARE_OF_RATE * this.#rate) / binHz);
    if (last <= first) return null;
    const floor = DENSITY_SHARE_MIN * this.#usualDensity(first, last);
    let kurtosis = 0;
    let start = 0;
    let width = 0;
    for (const level of this.#levels) {
      const step = level.widthBins / 2;
      for (let bin = step * Math.ceil(first / step); bin + level.widthBins <= last; bin += step) {
        const density = powerOf(spectrum, bin, bin + level.widthBins - 1) / level.widthBins;
        if (!(density > floor)) continue;
        const found = this.#kurtosisOf(level, bin, count);
        if (found <= kurtosis) continue;
        kurtosis = found;
        start = bin;
        width = level.widthBins;
      }
    }
    if (width === 0) return null;
    return { lowHz: start * binHz, highHz: (start + width) * binHz, kurtosis };
  }

  #usualDensity(first: number, last: number): number {
    const densities = this.#densities;
    const width = (last - first + 1) / PIECES;
    for (let piece = 0; piece < PIECES; piece++) {
      const from = first + Math.floor(piece * width);
      const to = first + Math.floor((piece + 1) * width) - 1;
      const power = to >= from ? powerOf(this.#fft.spectrum, from, to) : 0;
      densities[piece] = to >= from ? power / (to - from + 1) : 0;
    }
    densities.sort();
    return densities[PIECES - STRONG_PIECES]!;
  }

  /**
   * The complex envelope of bins b…b + width is Σ X[b + m]·exp(2πi·m·n ÷ 2·width), whose real and
   * imaginary part are two real inverses: of the bins, and of the bins turned by −90°.
   */
  #kurtosisOf({ widthBins, fft, squared }: Level, start: number, count: number): number {
    const source = this.#fft.spectrum;
    const { samples, spectrum } = fft;
    const length = Math.floor((count / this.#fft.size) * fft.size);
    for (let turn = 0; turn < 2; turn++) {
      spectrum.fill(0);
      for (let bin = 1; bin < widthBins; bin++) {
        // A raised cosine over each outer eighth: a sharp band rings.
        const inside = Math.min(bin, widthBins - bin) / (widthBins / 8);
        const weight = inside >= 1 ? 1 : 0.5 - 0.5 * Math.cos(Math.PI * inside);
        const re = weight * source[2 * (start + bin)]!;
        const im = weight * source[2 * (start + bin) + 1]!;
        spectrum[2 * bin] = turn === 0 ? re : im;
        spectrum[2 * bin + 1] = turn === 0 ? im : -re;
      }
      fft.inverse();
      if (turn === 0) squared.fill(0);
      for (let index = 0; index < length; index++) squared[index]! += samples[index]! ** 2;
    }
    return trimmedKurtosis(squared, length, this.#scratch);
  }
}

/** The kurtogram of one whole window, with a plan of its own. */
export function kurtogram(
  samples: Samples,
  rate: number,
  bounds: { readonly lowestHz: number; readonly shockHz: number },
): KurtogramBand | null {
  const plan = new Kurtogram({ samplesMax: samples.length, rate, ...bounds });
  return plan.best(samples, samples.length);
}

function powerOf(spectrum: Float64Array, first: number, last: number): number {
  let power = 0;
  for (let index = 2 * first; index < 2 * last + 2; index++) power += spectrum[index]! ** 2;
  return power;
}
