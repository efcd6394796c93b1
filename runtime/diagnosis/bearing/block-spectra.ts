// One block of samples becomes three spectra of its squared envelope, over orders of the shaft: of
// the signal as it is, of the cepstrally pre-whitened one, and of the band in which the shocks are.

import assert from "node:assert/strict";
import { type RealFft, realFft64 } from "../../dsp/fft.ts";
import { CPW_FLOOR_SHARE, whitenSpectrum } from "../../dsp/prewhiten.ts";
import type { Band } from "../../dsp/samples.ts";
import { hann } from "../../dsp/window.ts";
import { BandSearch } from "./band-search.ts";

/** In the order in which `compute` writes them. */
export const SPECTRA = ["envelope-prewhitened", "envelope", "envelope-band"] as const;
export const PREWHITENED = 0;
export const RAW = 1;
export const BANDED = 2;

/** Orders of the shaft: bin k stands for order k·step. */
export interface OrderAxis {
  readonly step: number;
  readonly bins: number;
}

/**
 * Pre-whitening makes each Hz count alike. Beyond this an accelerometer as machines have them nears
 * its own resonance, and a higher rate would only add its noise.
 */
const WHITENED_MAX_HZ = 16_000;

export class BlockSpectra {
  readonly size: number;
  readonly axis: OrderAxis;
  /** The three spectra one after the other, each as powers relative to the mean envelope. */
  readonly powers: Float64Array;
  /** Of the last block: Σ d² and Σ d⁴ around its mean. */
  sumOfSquares = 0;
  sumOfFourths = 0;
  readonly #rate: number;
  readonly #fft: RealFft<Float64Array>;
  readonly #window: Float64Array;
  readonly #spectrum: Float64Array;
  readonly #centred: Float64Array;
  readonly #envelope: Float64Array;
  readonly #bandSearch: BandSearch;

  constructor(rate: number, size: number, axis: OrderAxis) {
    this.size = size;
    this.axis = axis;
    this.powers = new Float64Array(SPECTRA.length * axis.bins);
    this.#rate = rate;
    this.#fft = realFft64(size);
    this.#window = hann(size);
    this.#spectrum = new Float64Array(size + 2);
    this.#centred = new Float64Array(size);
    this.#envelope = new Float64Array(size);
    this.#bandSearch = new BandSearch(rate);
  }

  /** Takes `size` samples. False where there is nothing to see: no motion, or not a number. */
  compute(samples: Float32Array, shaftHz: number): boolean {
    assert(samples.length === this.size && shaftHz > 0);
    if (!this.#centre(samples)) return false;
    const { samples: work, spectrum, size } = this.#fft;
    const centred = this.#centred;
    work.set(centred);
    this.#fft.forward();
    this.#spectrum.set(spectrum);

    this.#selectTurned(1, size / 2 - 1);
    this.#fft.inverse();
    for (let index = 0; index < size; index++) {
      const value = centred[index]!;
      this.#envelope[index] = value * value + work[index]! * work[index]!;
    }
    this.#writePowers(RAW, shaftHz);

    this.#envelopeOf(this.#bandSearch.find(centred, size));
    this.#writePowers(BANDED, shaftHz);

    whitenSpectrum(this.#spectrum, CPW_FLOOR_SHARE);
    this.#envelopeOf({ lowHz: 0, highHz: WHITENED_MAX_HZ });
    this.#writePowers(PREWHITENED, shaftHz);
    return true;
  }

  #centre(samples: Float32Array): boolean {
    const { size } = this;
    let sum = 0;
    for (let index = 0; index < size; index++) sum += samples[index]!;
    const mean = sum / size;
    let squares = 0;
    let fourths = 0;
    for (let index = 0; index < size; index++) {
      const value = samples[index]! - mean;
      this.#centred[index] = value;
      squares += value * value;
      fourths += value * value * value * value;
    }
    this.sumOfSquares = squares;
    this.sumOfFourths = fourths;
    return Number.isFinite(fourths) && squares > 0;
  }

  /** x² + H{x}² of the block's spectrum, of all of it or of one band. */
  #envelopeOf(band: Band | null): void {
    const { samples: work, spectrum, size } = this.#fft;
    const binHz = this.#rate / size;
    const first = band === null ? 1 : Math.max(1, Math.round(band.lowHz / binHz));
    const top = size / 2 - 1;
    const last = band === null ? top : Math.min(top, Math.round(band.highHz / binHz));
    spectrum.fill(0);
    for (let at = 2 * first; at < 2 * last + 2; at++) spectrum[at] = this.#spectrum[at]!;
    this.#fft.inverse();
    for (let index = 0; index < size; index++) {
      this.#envelope[index] = work[index]! * work[index]!;
    }
    this.#selectTurned(first, last);
    this.#fft.inverse();
    for (let index = 0; index < size; index++) {
      this.#envelope[index]! += work[index]! * work[index]!;
    }
  }

  /** The Hilbert transform turns each line by −90°. */
  #selectTurned(first: number, last: number): void {
    const { spectrum } = this.#fft;
    spectrum.fill(0);
    for (let bin = first; bin <= last; bin++) {
      spectrum[2 * bin] = this.#spectrum[2 * bin + 1]!;
      spectrum[2 * bin + 1] = -this.#spectrum[2 * bin]!;
    }
  }

  /** The envelope's power spectrum, put on the axis of orders by linear interpolation. */
  #writePowers(which: number, shaftHz: number): void {
    const { samples: work, spectrum, size } = this.#fft;
    const envelope = this.#envelope;
    let sum = 0;
    for (let index = 0; index < size; index++) sum += envelope[index]!;
    const scale = size / sum;
    for (let index = 0; index < size; index++) {
      work[index] = (envelope[index]! * scale - 1) * this.#window[index]!;
    }
    this.#fft.forward();
    const { step, bins } = this.axis;
    const binsPerStep = (step * shaftHz * size) / this.#rate;
    const offset = which * bins;
    for (let index = 0; index < bins; index++) {
      const at = index * binsPerStep;
      const bin = Math.floor(at);
      if (bin + 1 > size / 2) {
        // A higher speed than that of the first block: what lies above half the rate is unknown.
        this.powers[offset + index] = 0;
        continue;
      }
      const low = spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2;
      const high = spectrum[2 * bin + 2]! ** 2 + spectrum[2 * bin + 3]! ** 2;
      this.powers[offset + index] = low + (at - bin) * (high - low);
    }
  }
}
