// The squared envelope of a signal, of all of it or of one band: how strong it is from moment to
// moment. A bearing's fault modulates resonances that say nothing themselves; their envelope says
// how often they are struck.

import assert from "node:assert/strict";
import { type RealFft, realFft64 } from "./fft.ts";
import { CPW_FLOOR_SHARE, whitenSpectrum } from "./prewhiten.ts";
import { type Band, ringFades, ringSizeOf, type Samples, writeRing } from "./samples.ts";

export interface EnvelopeOptions {
  /** The longest window that will come. */
  readonly samplesMax: number;
  /** Samples per second. */
  readonly rate: number;
  /**
   * To share one transform between plans that do not run at the same time; its size is
   * `ringSizeOf(samplesMax)`, and its content is lost at each use.
   */
  readonly fft?: RealFft<Float64Array>;
}

/** The flank of a band's filter, as a share of the band, half of it on each side of the corner. */
const FLANK_SHARE = 0.125;

/**
 * A plan for windows of up to `samplesMax` samples. `load` transforms a window once; `squared` may
 * then be asked for several bands, and after `whiten` for the whitened signal. No call allocates.
 *
 * e²[n] = x²[n] + H{x}²[n], H being the Hilbert transform, done in the frequency domain: Feldman,
 * "Hilbert transform in vibration analysis", MSSP 25 (2011) 735–802. The ends are handled as
 * `writeRing` says. Unit: the square of the samples' unit.
 */
export class Envelope {
  readonly rate: number;
  readonly samplesMax: number;
  readonly #fft: RealFft<Float64Array>;
  readonly #spectrum: Float64Array;
  /** Of the gap behind a window of `samplesMax`. */
  readonly #fades: Float64Array;
  #count = 0;

  constructor({ samplesMax, rate, fft }: EnvelopeOptions) {
    this.samplesMax = samplesMax;
    this.rate = rate;
    const size = ringSizeOf(samplesMax);
    this.#fft = fft ?? realFft64(size);
    assert(this.#fft.size === size, "a shared transform has the size of the ring");
    this.#spectrum = new Float64Array(size + 2);
    this.#fades = ringFades(size - samplesMax);
  }

  /** Takes the first `count` samples, 2 to `samplesMax`; their mean does not matter. */
  load(samples: Samples, count: number): void {
    assert(count <= this.samplesMax);
    this.#count = count;
    writeRing(samples, count, this.#fft.samples, count === this.samplesMax ? this.#fades : null);
    this.#fft.forward();
    this.#spectrum.set(this.#fft.spectrum);
  }

  /** From here to the next `load` the signal is its cepstrally pre-whitened self. */
  whiten(floorShare: number = CPW_FLOOR_SHARE): void {
    whitenSpectrum(this.#spectrum, floorShare);
  }

  /** Writes the squared envelope, one value per sample of the window, into the first of `into`. */
  squared(into: Float64Array, band: Band | null = null): void {
    const count = this.#count;
    assert(count > 0 && into.length >= count);
    const { samples } = this.#fft;
    this.#select(band, false);
    this.#fft.inverse();
    for (let index = 0; index < count; index++) into[index] = samples[index]! * samples[index]!;
    this.#select(band, true);
    this.#fft.inverse();
    for (let index = 0; index < count; index++) into[index]! += samples[index]! * samples[index]!;
  }

  /** The signal itself, limited to the band, into the first of `into`: zero phase. */
  filtered(into: Float64Array, band: Band | null = null): void {
    const count = this.#count;
    assert(count > 0 && into.length >= count);
    this.#select(band, false);
    this.#fft.inverse();
    for (let index = 0; index < count; index++) into[index] = this.#fft.samples[index]!;
  }

  /**
   * Puts the band into the transform's spectrum; turned by −90° it is that of the Hilbert
   * transform. The flanks are raised cosines: a rectangular band would ring.
   */
  #select(band: Band | null, turned: boolean): void {
    const { spectrum, size } = this.#fft;
    const source = this.#spectrum;
    const binHz = this.rate / size;
    const low = band === null ? 0 : band.lowHz / binHz;
    const high = band === null ? size : band.highHz / binHz;
    const flank = Math.max(1, (high - low) * FLANK_SHARE);
    const first = Math.max(1, Math.ceil(low - flank / 2));
    const last = Math.min(size / 2 - 1, Math.floor(high + flank / 2));
    spectrum.fill(0, 0, 2 * first);
    spectrum.fill(0, 2 * Math.max(first, last + 1));
    const wholeFrom = band === null ? first : Math.ceil(low + flank / 2);
    const wholeTo = band === null ? last : Math.floor(high - flank / 2);
    for (let bin = first; bin <= last; bin++) {
      let re = source[2 * bin]!;
      let im = source[2 * bin + 1]!;
      if (bin < wholeFrom || bin > wholeTo) {
        const inside = Math.min(bin - low, high - bin) / flank + 0.5;
        const weight = 0.5 - 0.5 * Math.cos(Math.PI * Math.min(1, inside));
        re *= weight;
        im *= weight;
      }
      spectrum[2 * bin] = turned ? im : re;
      spectrum[2 * bin + 1] = turned ? -re : im;
    }
  }
}
