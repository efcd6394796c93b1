// The spectrum that features are read from: bands, lines and what they stand on, over the power
// spectral density of runtime/dsp/welch.ts.

import { bandRms, type Integrations } from "../../dsp/integrate.ts";
import { type Samples, transformSizeOf } from "../../dsp/samples.ts";
import { Welch } from "../../dsp/welch.ts";
import type { WindowName } from "../../dsp/window.ts";
import { medianOf } from "./median.ts";
import { sharedFft } from "./shared-fft.ts";

/**
 * Longer windows are averaged from halves that overlap. So long a one takes 2 MB for each array,
 * and resolves 0.1 Hz at 25.6 kHz.
 */
export const SEGMENT_SAMPLES_MAX = 2 ** 18 - 64;
/** Above it lies the roll-off of the converter's filter, and what it did not keep out. */
export const USABLE_SHARE_OF_RATE = 0.45;
/** A background of more bins is taken from some of them, evenly. */
const BACKGROUND_BINS_MAX = 512;

/**
 * - `hann`: side lobes from −31 dB, falling by 18 dB per octave: for bands and for lines of similar
 *   height, two resolutions to either side of which they end.
 * - `blackman-harris`: below −92 dB, for a weak line beside a strong one, at twice the width.
 * Harris,
 *   Proc. IEEE 66 (1978), table I.
 */
const HALF_WIDTHS = { hann: 2, "blackman-harris": 4 } as const satisfies Partial<
  Record<WindowName, number>
>;

export class LineSpectrum {
  readonly rate: number;
  /** 1 ÷ duration of what is transformed at once. */
  readonly resolutionHz: number;
  /** Half the width of a line. */
  readonly lineHz: number;
  readonly #welch: Welch;
  readonly #isHann: boolean;
  /** One for all questions: a window asks dozens of them. */
  readonly #band = { lowHz: 0.5, highHz: 0.5 };
  readonly #background = new Float64Array(BACKGROUND_BINS_MAX);

  constructor(rate: number, windowSamples: number, window: keyof typeof HALF_WIDTHS = "hann") {
    const segment = Math.min(windowSamples, SEGMENT_SAMPLES_MAX);
    const fft = sharedFft(transformSizeOf(segment));
    this.rate = rate;
    this.resolutionHz = rate / segment;
    this.lineHz = HALF_WIDTHS[window] * this.resolutionHz;
    this.#welch = new Welch({ rate, segment, window, fft });
    this.#isHann = window === "hann";
  }

  /** Transforms a whole window, unless somebody did: `powers` are its |X|² after Hann. */
  load(samples: Samples, count: number, powers: Float64Array | null = null): void {
    const isTransformed = powers !== null && this.#isHann && count === this.#welch.segment;
    if (isTransformed) this.#welch.take(powers);
    else this.#welch.compute(samples, count);
  }

  /** RMS between two frequencies after so many integrations over time. */
  bandRms(lowHz: number, highHz: number, integrations: Integrations = 0): number {
    this.#band.lowHz = lowHz;
    this.#band.highHz = highHz;
    return bandRms(this.#welch.density, this.#welch.binHz, integrations, this.#band);
  }

  /** RMS of the line at this frequency: everything that its window spreads it over. */
  lineRms(hz: number): number {
    return this.bandRms(hz - this.lineHz, hz + this.lineHz);
  }

  /** Where the highest bin is, no farther from `hz` than this. */
  peakNear(hz: number, withinHz: number): number {
    const { density, binHz } = this.#welch;
    const first = Math.max(1, Math.round((hz - withinHz) / binHz));
    const last = Math.min(density.length - 2, Math.round((hz + withinHz) / binHz));
    let best = first;
    for (let bin = first + 1; bin <= last; bin++) {
      if (density[bin]! > density[best]!) best = bin;
    }
    return best * binHz;
  }

  /**
   * A line between its bins: the centre of gravity of what its window spreads it over, which is
   * symmetrical.
   */
  refine(peakHz: number): number {
    const { density, binHz } = this.#welch;
    const first = Math.max(1, Math.ceil((peakHz - this.lineHz) / binHz));
    const last = Math.min(density.length - 2, Math.floor((peakHz + this.lineHz) / binHz));
    let sum = 0;
    let moment = 0;
    for (let bin = first; bin <= last; bin++) {
      sum += density[bin]!;
      moment += density[bin]! * bin;
    }
    return (moment / sum) * binHz;
  }

  /** 10·log₁₀ of the bin at this frequency to the median of those around it. */
  aboveBackgroundDb(peakHz: number, lowHz: number, highHz: number): number {
    const { density, binHz } = this.#welch;
    const peak = density[Math.round(peakHz / binHz)]!;
    return 10 * Math.log10(peak / this.#backgroundDensity(lowHz, highHz));
  }

  /** Median of the bins: what lines stand on, however strong these are. */
  #backgroundDensity(lowHz: number, highHz: number): number {
    const { density, binHz } = this.#welch;
    const first = Math.max(1, Math.ceil(lowHz / binHz));
    const last = Math.min(density.length - 2, Math.floor(highHz / binHz));
    const step = Math.max(1, Math.ceil((last - first + 1) / BACKGROUND_BINS_MAX));
    let count = 0;
    for (let bin = first; bin <= last; bin += step) this.#background[count++] = density[bin]!;
    return medianOf(this.#background, count);
  }
}
