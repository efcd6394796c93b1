// The spectrum that features are read from: mean square by frequency, so that the sum over a band
// or over one line is the mean square of that band or line (Parseval).

import assert from "node:assert/strict";
import type { RealFft } from "../../dsp/fft.ts";
import { medianOf } from "./median.ts";
import { sharedFft } from "./shared-fft.ts";

/** Longer windows are averaged from halves that overlap (Welch): 2 MB for each array. */
export const SEGMENT_SAMPLES_MAX = 2 ** 18;
/** Fewer samples have no spectrum worth the name. */
export const SPECTRUM_SAMPLES_MIN = 64;
/** A background of more bins is taken from some of them, evenly. */
const BACKGROUND_BINS_MAX = 512;
/** Above it lies the roll-off of the converter's filter, and what it did not keep out. */
export const USABLE_SHARE_OF_RATE = 0.45;

/** How a window falls to its ends: which lines can be told apart, and how weak a one is seen. */
export interface Taper {
  /** Weights of the cosines of 0, 1, 2 … periods, with alternating signs. */
  readonly cosines: readonly number[];
  /** A line fills so many bins of 1 ÷ duration to either side. */
  readonly halfWidthBins: number;
}

/** Side lobes from −31 dB, falling by 18 dB per octave: for bands and lines of similar height. */
export const HANN: Taper = { cosines: [0.5, 0.5], halfWidthBins: 2 };
/**
 * Minimum four-term window with side lobes below −92 dB, for a weak line beside a strong one. F. J.
 * Harris, Proc. IEEE 66 (1978), table I.
 */
export const BLACKMAN_HARRIS: Taper = {
  cosines: [0.35875, 0.48829, 0.14128, 0.01168],
  halfWidthBins: 4,
};

export class LineSpectrum {
  /** Mean square in each bin, in the samples' unit squared; bin k stands at k × `binHz`. */
  readonly power: Float64Array;
  /** Spacing of the bins; finer than `resolutionHz` where the transform is padded. */
  readonly binHz: number;
  /** 1 ÷ duration of what is transformed at once. */
  resolutionHz = Number.NaN;
  /** Half the width of a line. */
  lineHz = Number.NaN;
  readonly #rate: number;
  readonly #taper: Taper;
  readonly #fft: RealFft;
  readonly #weights: Float64Array;
  #weighted = 0;
  #weightSum = 0;
  #weightSquares = 0;
  readonly #background = new Float64Array(BACKGROUND_BINS_MAX);

  constructor(rate: number, samplesMax: number, taper: Taper = HANN) {
    const segmentMax = Math.min(samplesMax, SEGMENT_SAMPLES_MAX);
    this.#rate = rate;
    this.#taper = taper;
    this.#fft = sharedFft(segmentMax);
    this.#weights = new Float64Array(segmentMax);
    this.power = new Float64Array(this.#fft.size / 2 + 1);
    this.binHz = rate / this.#fft.size;
  }

  /** Transforms the first `count` samples. */
  load(samples: Float32Array, count: number): void {
    const segment = Math.min(count, this.#weights.length);
    assert(segment >= SPECTRUM_SAMPLES_MIN, "too few samples for a spectrum");
    this.#weigh(segment);
    this.resolutionHz = this.#rate / segment;
    this.lineHz = this.#taper.halfWidthBins * this.resolutionHz;
    this.power.fill(0);
    const hop = Math.max(1, segment >> 1);
    const segments = 1 + Math.floor((count - segment) / hop);
    for (let index = 0; index < segments; index++) this.#add(samples, index * hop, segment);
    // One-sided: what stands at negative frequencies counts with the positive ones.
    const scale = 2 / (this.#fft.size * this.#weightSquares * segments);
    for (let bin = 0; bin < this.power.length; bin++) this.power[bin]! *= scale;
    this.power[this.power.length - 1]! /= 2;
  }

  /**
   * Mean square between two frequencies after so many integrations over time: each divides an
   * amplitude by 2πf.
   */
  bandMeanSquare(lowHz: number, highHz: number, integrations = 0): number {
    const first = Math.max(1, Math.ceil(lowHz / this.binHz));
    const last = Math.min(this.power.length - 1, Math.floor(highHz / this.binHz));
    let sum = 0;
    if (integrations === 0) {
      for (let bin = first; bin <= last; bin++) sum += this.power[bin]!;
      return sum;
    }
    for (let bin = first; bin <= last; bin++) {
      const omega = 2 * Math.PI * bin * this.binHz;
      const gain = 1 / (omega * omega);
      sum += this.power[bin]! * (integrations === 1 ? gain : gain * gain);
    }
    return sum;
  }

  /** Where the highest bin is, as far from `hz` as this. */
  peakNear(hz: number, withinHz: number): number {
    const first = Math.max(1, Math.round((hz - withinHz) / this.binHz));
    const last = Math.min(this.power.length - 2, Math.round((hz + withinHz) / this.binHz));
    let best = first;
    for (let bin = first + 1; bin <= last; bin++) {
      if (this.power[bin]! > this.power[best]!) best = bin;
    }
    return best * this.binHz;
  }

  /** The same between the bins: a parabola through the logarithms of the three highest. */
  refine(peakHz: number): number {
    const bin = Math.round(peakHz / this.binHz);
    const below = Math.log(this.power[bin - 1]!);
    const at = Math.log(this.power[bin]!);
    const above = Math.log(this.power[bin + 1]!);
    const curvature = below - 2 * at + above;
    const offset = curvature < 0 ? (below - above) / (2 * curvature) : 0;
    return (bin + Math.max(-0.5, Math.min(0.5, offset))) * this.binHz;
  }

  /** Median of the bins from one frequency to another: what lines stand on, whatever lines. */
  backgroundPower(lowHz: number, highHz: number): number {
    const first = Math.max(1, Math.ceil(lowHz / this.binHz));
    const last = Math.min(this.power.length - 2, Math.floor(highHz / this.binHz));
    const step = Math.max(1, Math.ceil((last - first + 1) / BACKGROUND_BINS_MAX));
    let count = 0;
    for (let bin = first; bin <= last; bin += step) this.#background[count++] = this.power[bin]!;
    return medianOf(this.#background, count);
  }

  /** Mean square of the highest bin, as far from `hz` as this. */
  peakPower(hz: number, withinHz: number): number {
    return this.power[Math.round(this.peakNear(hz, withinHz) / this.binHz)]!;
  }

  /** Mean square of the line at this frequency: everything that its window spreads it over. */
  lineMeanSquare(hz: number): number {
    return this.bandMeanSquare(hz - this.lineHz, hz + this.lineHz);
  }

  #add(samples: Float32Array, start: number, segment: number): void {
    const { samples: buffer, spectrum, size } = this.#fft;
    let weighted = 0;
    for (let index = 0; index < segment; index++) {
      weighted += samples[start + index]! * this.#weights[index]!;
    }
    // The weighted mean, so that nothing of an offset is left beside bin 0 either.
    const mean = weighted / this.#weightSum;
    for (let index = 0; index < segment; index++) {
      buffer[index] = (samples[start + index]! - mean) * this.#weights[index]!;
    }
    buffer.fill(0, segment, size);
    this.#fft.forward();
    for (let bin = 0; bin < this.power.length; bin++) {
      const real = spectrum[2 * bin]!;
      const imaginary = spectrum[2 * bin + 1]!;
      this.power[bin]! += real * real + imaginary * imaginary;
    }
  }

  /** Periodic form: its zeros fall on whole bins of 1 ÷ duration. */
  #weigh(segment: number): void {
    if (segment === this.#weighted) return;
    this.#weighted = segment;
    this.#weightSum = 0;
    this.#weightSquares = 0;
    const { cosines } = this.#taper;
    for (let index = 0; index < segment; index++) {
      const angle = (2 * Math.PI * index) / segment;
      let weight = 0;
      for (let term = 0; term < cosines.length; term++) {
        weight += (term % 2 === 0 ? 1 : -1) * cosines[term]! * Math.cos(term * angle);
      }
      this.#weights[index] = weight;
      this.#weightSum += weight;
      this.#weightSquares += weight * weight;
    }
  }
}
