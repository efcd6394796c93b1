// Many short spectra over one block of samples: how much power each bin has, and how unevenly it
// comes. All of them are transformed in the kernel, one call for a stretch.

import assert from "node:assert/strict";
import { isFftSize } from "./fft.ts";
import {
  arenaFor,
  fftBytes,
  type Layout,
  numbersBytes,
  placeFft,
  placeNumbers,
  writeTwiddles,
} from "./fft-memory.ts";
import { hann } from "./window.ts";

interface Level {
  readonly size: number;
  readonly layout: Layout;
  readonly window: number;
  readonly squaresAt: number;
  readonly squares: Float64Array;
  readonly fourthsAt: number;
  readonly fourths: Float64Array;
}

/**
 * Spectra of several sizes over the same block; half of a stretch is the first half of the next.
 */
export class ShortSpectra {
  /** The block: write it, then call `sum`. */
  readonly samples: Float64Array;
  readonly #at: number;
  readonly #levels: readonly Level[];
  readonly #addPowers: ReturnType<typeof arenaFor>["passes"]["addPowers64"];

  constructor(sizes: readonly number[], samplesMax: number) {
    assert(sizes.every(isFftSize));
    const ofLevel = (size: number) =>
      fftBytes(size, 8) + numbersBytes(size) + 2 * numbersBytes(size / 2 + 2);
    const bytes = sizes.reduce((sum, size) => sum + ofLevel(size), numbersBytes(samplesMax));
    const arena = arenaFor(bytes);
    const block = placeNumbers(arena, samplesMax);
    this.samples = block.view;
    this.#at = block.at;
    this.#addPowers = arena.passes.addPowers64;
    this.#levels = sizes.map((size) => {
      const { layout } = placeFft(size, 8);
      writeTwiddles(new Float64Array(arena.buffer, layout.twiddles, 1.5 * size), size, 2);
      const window = placeNumbers(arena, size);
      window.view.set(hann(size));
      const squares = placeNumbers(arena, size / 2 + 2);
      const fourths = placeNumbers(arena, size / 2 + 2);
      return {
        size,
        layout,
        window: window.at,
        squaresAt: squares.at,
        squares: squares.view,
        fourthsAt: fourths.at,
        fourths: fourths.view,
      };
    });
  }

  /** Σ|X|² of the last `sum`, bins from 0 to half the rate. Windowed after Hann, not scaled. */
  squares(level: number): Float64Array {
    return this.#levels[level]!.squares;
  }

  /** Σ|X|⁴ of the last `sum`. */
  fourths(level: number): Float64Array {
    return this.#levels[level]!.fourths;
  }

  /**
   * Sums over all whole stretches of these samples, each `hop` samples behind the last one: half a
   * size unless told otherwise. Returns how many there were.
   */
  sum(level: number, first: number, count: number, hop = this.#levels[level]!.size / 2): number {
    const { size, layout, window, squaresAt, squares, fourthsAt, fourths } = this.#levels[level]!;
    assert(hop >= 1 && first >= 0 && count >= size && first + count <= this.samples.length);
    const { samples, scratch, spectrum, twiddles, bytes } = layout;
    const frames = Math.floor((count - size) / hop) + 1;
    squares.fill(0);
    fourths.fill(0);
    this.#addPowers(
      this.#at + 8 * first,
      8 * hop,
      frames,
      window,
      squaresAt,
      fourthsAt,
      samples,
      scratch,
      spectrum,
      twiddles,
      bytes,
    );
    return frames;
  }
}
