// The spectra that a report shows: of the samples, and of their squared envelope raw and cepstrally
// pre-whitened, each averaged over all windows of a recording.

import { Envelope } from "../../../runtime/dsp/envelope.ts";
import { SquaredEnvelopeSpectrum } from "../../../runtime/dsp/envelope-spectrum.ts";
import { Welch } from "../../../runtime/dsp/welch.ts";

export interface Spectrum {
  readonly binHz: number;
  /** From 0 Hz on. NaN in all bins where no window came. */
  readonly amplitudes: Float64Array;
}

/** Fewer samples make no spectrum that anybody could read. */
const SAMPLES_MIN = 64;

export class RecordingSpectra {
  readonly #welch: Welch;
  readonly #density: Float64Array;
  readonly #envelope: Envelope;
  readonly #squares: Float64Array;
  readonly #ses: SquaredEnvelopeSpectrum;
  readonly #raw: Float64Array;
  readonly #whitened: Float64Array;
  #windows = 0;
  #segments = 0;

  constructor(rate: number, windowSamples: number) {
    const samplesMax = Math.max(windowSamples, SAMPLES_MIN);
    this.#welch = new Welch({ rate, segment: samplesMax });
    this.#density = new Float64Array(this.#welch.density.length);
    this.#envelope = new Envelope({ samplesMax, rate });
    this.#squares = new Float64Array(samplesMax);
    this.#ses = new SquaredEnvelopeSpectrum({ samplesMax, rate });
    this.#raw = new Float64Array(this.#ses.amplitudes.length);
    this.#whitened = new Float64Array(this.#ses.amplitudes.length);
  }

  /** Windows with what is no number in them are left out. */
  add(samples: Float32Array, count: number): void {
    if (count < SAMPLES_MIN || !allFinite(samples, count)) return;
    this.#windows++;
    this.#envelope.load(samples, count);
    this.#addEnvelope(count, this.#raw);
    this.#envelope.whiten();
    this.#addEnvelope(count, this.#whitened);
    this.#welch.compute(samples, count);
    if (this.#welch.segments === 0) return;
    this.#segments++;
    const { density } = this.#welch;
    for (let bin = 0; bin < density.length; bin++) this.#density[bin]! += density[bin]!;
  }

  /** Amplitude of a sine at each bin, in the samples' unit. */
  signal(): Spectrum {
    const { binHz, noiseBandwidthHz } = this.#welch;
    const amplitudes = this.#density.map((sum) =>
      Math.sqrt((2 * noiseBandwidthHz * sum) / this.#segments),
    );
    return { binHz, amplitudes };
  }

  /** Root of the mean square over the windows, in the square of the samples' unit. */
  envelope(): Spectrum {
    return this.#meanOf(this.#raw);
  }

  /** The same of the pre-whitened samples, without unit. */
  whitenedEnvelope(): Spectrum {
    return this.#meanOf(this.#whitened);
  }

  #meanOf(sums: Float64Array): Spectrum {
    const { binHz } = this.#ses;
    return { binHz, amplitudes: sums.map((sum) => Math.sqrt(sum / this.#windows)) };
  }

  #addEnvelope(count: number, sums: Float64Array): void {
    this.#envelope.squared(this.#squares);
    this.#ses.compute(this.#squares, count);
    const { amplitudes } = this.#ses;
    for (let bin = 0; bin < sums.length; bin++) sums[bin]! += amplitudes[bin]! ** 2;
  }
}

function allFinite(samples: Float32Array, count: number): boolean {
  let sum = 0;
  for (let index = 0; index < count; index++) sum += samples[index]!;
  return Number.isFinite(sum);
}

/** The largest value in each of `columns` equal parts from 0 to `toHz`; NaN where none is. */
export function maximaOf({ binHz, amplitudes }: Spectrum, toHz: number, columns: number): number[] {
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.round((column * toHz) / columns / binHz);
    const to = Math.max(from + 1, Math.round(((column + 1) * toHz) / columns / binHz));
    let most = Number.NaN;
    // The first bins are what is left of the mean.
    for (let bin = Math.max(from, 2); bin < Math.min(to, amplitudes.length); bin++) {
      if (!(amplitudes[bin]! <= most)) most = amplitudes[bin]!;
    }
    return most;
  });
}

/** Median of the finite values; NaN where there are none. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.filter(Number.isFinite).sort((one, other) => one - other);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
