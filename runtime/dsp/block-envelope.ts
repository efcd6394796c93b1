// Power spectra of the squared envelope of one block: of the whole block, of a band of it, or of
// what somebody made of its spectrum. Everything between the samples and the powers is done in the
// kernel.

import assert from "node:assert/strict";
import {
  type Arena,
  arenaFor,
  fftBytes,
  type Layout,
  numbersBytes,
  placeFft,
  placeNumbers,
  writeTwiddles,
} from "./fft-memory.ts";
import { hann } from "./window.ts";

export class BlockEnvelope {
  readonly size: number;
  /** The block, without its mean: write it, then call `transform`. */
  readonly block: Float64Array;
  /** Its spectrum, in the order of `RealFft`; it may be changed before `powersOf`. */
  readonly spectrum: Float64Array;
  /** |Σ w[n]·(e²[n] ÷ mean − 1)·exp(−2πi·k·n ÷ size)|², w after Hann; one more bin is zero. */
  readonly powers: Float64Array;
  readonly #arena: Arena;
  readonly #layout: Layout;
  readonly #blockAt: number;
  readonly #spectrumAt: number;
  readonly #powersAt: number;
  readonly #envelopeAt: number;
  readonly #windowAt: number;
  readonly #samples: Float64Array;
  readonly #transformed: Float64Array;

  constructor(size: number) {
    this.size = size;
    const arena = arenaFor(fftBytes(size, 8) + 5 * numbersBytes(size + 2));
    const { layout } = placeFft(size, 8);
    writeTwiddles(new Float64Array(arena.buffer, layout.twiddles, 1.5 * size), size, 2);
    this.#arena = arena;
    this.#layout = layout;
    this.#samples = new Float64Array(arena.buffer, layout.samples, size);
    this.#transformed = new Float64Array(arena.buffer, layout.spectrum, size + 2);
    const block = placeNumbers(arena, size);
    const spectrum = placeNumbers(arena, size + 2);
    const powers = placeNumbers(arena, size / 2 + 2);
    const window = placeNumbers(arena, size);
    window.view.set(hann(size));
    this.block = block.view;
    this.spectrum = spectrum.view;
    this.powers = powers.view;
    this.#blockAt = block.at;
    this.#spectrumAt = spectrum.at;
    this.#powersAt = powers.at;
    this.#windowAt = window.at;
    this.#envelopeAt = placeNumbers(arena, size).at;
  }

  transform(): void {
    const { samples, scratch, spectrum, twiddles, bytes } = this.#layout;
    this.#samples.set(this.block);
    this.#arena.passes.forward64(samples, scratch, spectrum, twiddles, bytes);
    this.spectrum.set(this.#transformed);
  }

  /** Whitens `spectrum` as `whitenSpectrum` (prewhiten.ts) does. */
  whiten(floorShare: number): void {
    this.#arena.passes.whiten64(this.#spectrumAt, this.size / 2 + 1, floorShare);
  }

  /** Of the block itself: its samples, and the Hilbert transform out of `spectrum`. */
  powersOfBlock(): void {
    this.#powersOf(0, this.size / 2 - 1);
  }

  /** Of these bins of `spectrum`, none of them the first or the last. */
  powersOf(firstBin: number, lastBin: number): void {
    assert(firstBin >= 1 && lastBin >= firstBin && lastBin < this.size / 2);
    this.#powersOf(firstBin, lastBin);
  }

  #powersOf(firstBin: number, lastBin: number): void {
    const { samples, scratch, spectrum, twiddles, bytes } = this.#layout;
    this.#arena.passes.envelopePowers64(
      this.#blockAt,
      this.#spectrumAt,
      firstBin,
      lastBin,
      this.#envelopeAt,
      this.#windowAt,
      this.#powersAt,
      samples,
      scratch,
      spectrum,
      twiddles,
      bytes,
    );
  }
}

const shared = new Map<number, BlockEnvelope>();

/**
 * The one of this thread for a size, for those that keep nothing in it from one block to the next:
 * it takes nine times the memory of a block. There is one size for each power of two, no more.
 */
export function sharedBlockEnvelope(size: number): BlockEnvelope {
  let envelope = shared.get(size);
  if (envelope === undefined) {
    envelope = new BlockEnvelope(size);
    shared.set(size, envelope);
  }
  return envelope;
}
