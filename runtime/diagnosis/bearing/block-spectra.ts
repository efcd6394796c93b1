// One block of samples becomes three spectra of its squared envelope, over orders of the shaft: of
// the signal as it is, of the cepstrally pre-whitened one, and of the band in which the shocks are.

import assert from "node:assert/strict";
import { type BlockEnvelope, sharedBlockEnvelope } from "../../dsp/block-envelope.ts";
import { CPW_FLOOR_SHARE } from "../../dsp/prewhiten.ts";
import type { Band } from "../../dsp/samples.ts";
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
  readonly #envelope: BlockEnvelope;
  readonly #bandSearch: BandSearch;

  constructor(rate: number, size: number, axis: OrderAxis) {
    this.size = size;
    this.axis = axis;
    this.powers = new Float64Array(SPECTRA.length * axis.bins);
    this.#rate = rate;
    this.#envelope = sharedBlockEnvelope(size);
    this.#bandSearch = new BandSearch(rate, size);
  }

  /** Takes `size` samples. False where there is nothing to see: no motion, or not a number. */
  compute(samples: Float32Array, shaftHz: number): boolean {
    assert(samples.length === this.size && shaftHz > 0);
    if (!this.#centre(samples)) return false;
    const envelope = this.#envelope;
    envelope.transform();
    envelope.powersOfBlock();
    this.#writePowers(RAW, shaftHz);

    this.#powersOf(this.#bandSearch.find(envelope.block));
    this.#writePowers(BANDED, shaftHz);

    envelope.whiten(CPW_FLOOR_SHARE);
    this.#powersOf({ lowHz: 0, highHz: WHITENED_MAX_HZ });
    this.#writePowers(PREWHITENED, shaftHz);
    return true;
  }

  #centre(samples: Float32Array): boolean {
    const { size } = this;
    const { block } = this.#envelope;
    let sum = 0;
    for (let index = 0; index < size; index++) sum += samples[index]!;
    const mean = sum / size;
    let squares = 0;
    let fourths = 0;
    for (let index = 0; index < size; index++) {
      const value = samples[index]! - mean;
      block[index] = value;
      squares += value * value;
      fourths += value * value * value * value;
    }
    this.sumOfSquares = squares;
    this.sumOfFourths = fourths;
    return Number.isFinite(fourths) && squares > 0;
  }

  /** Of the whole spectrum, or of one band. */
  #powersOf(band: Band | null): void {
    const { size } = this;
    const binHz = this.#rate / size;
    const top = size / 2 - 1;
    const first = band === null ? 1 : Math.max(1, Math.round(band.lowHz / binHz));
    const last = band === null ? top : Math.min(top, Math.round(band.highHz / binHz));
    this.#envelope.powersOf(first, last);
  }

  /** The envelope's power spectrum, put on the axis of orders by linear interpolation. */
  #writePowers(which: number, shaftHz: number): void {
    const { size } = this;
    const { powers } = this.#envelope;
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
      const low = powers[bin]!;
      this.powers[offset + index] = low + (at - bin) * (powers[bin + 1]! - low);
    }
  }
}
