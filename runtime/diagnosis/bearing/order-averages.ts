// Averages spectra over the blocks of a record of any length in bounded memory, and keeps the order
// of time roughly, so that the first half can be asked whether it says the same as the second.

import assert from "node:assert/strict";

/** Parts in which a record is kept. When all are full, neighbours are joined. */
const PARTS_MAX = 8;

interface AveragesPart {
  blocks: number;
  readonly sums: Float64Array;
}

export class OrderAverages {
  readonly bins: number;
  readonly spectra: number;
  blocks = 0;
  #parts: AveragesPart[] = [];
  #blocksPerPart = 1;

  constructor(bins: number, spectra: number) {
    this.bins = bins;
    this.spectra = spectra;
  }

  /** `powers` holds the spectra one after the other, `bins` of each. */
  add(powers: Float64Array): void {
    assert(powers.length === this.bins * this.spectra);
    let part = this.#parts.at(-1);
    if (part === undefined || part.blocks === this.#blocksPerPart) {
      if (this.#parts.length === PARTS_MAX) this.#joinNeighbours();
      part = { blocks: 0, sums: new Float64Array(powers.length) };
      this.#parts.push(part);
    }
    for (let index = 0; index < powers.length; index++) part.sums[index]! += powers[index]!;
    part.blocks += 1;
    this.blocks += 1;
  }

  /** The mean of one spectrum over all blocks. */
  mean(spectrum: number): Float64Array {
    return this.#meanOf(spectrum, 0, this.#parts.length);
  }

  /** The means over the earlier and the later half; null while there are less than two blocks. */
  halves(spectrum: number): readonly [Float64Array, Float64Array] | null {
    const parts = this.#parts.length;
    if (parts < 2) return null;
    let earlier = 0;
    let split = 0;
    while (split < parts - 1 && earlier < this.blocks / 2) earlier += this.#parts[split++]!.blocks;
    return [this.#meanOf(spectrum, 0, split), this.#meanOf(spectrum, split, parts)];
  }

  reset(): void {
    this.#parts = [];
    this.#blocksPerPart = 1;
    this.blocks = 0;
  }

  #meanOf(spectrum: number, from: number, to: number): Float64Array {
    const mean = new Float64Array(this.bins);
    const offset = spectrum * this.bins;
    let blocks = 0;
    for (const part of this.#parts.slice(from, to)) {
      for (let bin = 0; bin < this.bins; bin++) mean[bin]! += part.sums[offset + bin]!;
      blocks += part.blocks;
    }
    for (let bin = 0; bin < this.bins; bin++) mean[bin]! /= Math.max(1, blocks);
    return mean;
  }

  #joinNeighbours(): void {
    const joined: AveragesPart[] = [];
    for (let index = 0; index < this.#parts.length; index += 2) {
      const { blocks, sums } = this.#parts[index]!;
      const next = this.#parts[index + 1]!;
      for (let at = 0; at < sums.length; at++) sums[at]! += next.sums[at]!;
      joined.push({ blocks: blocks + next.blocks, sums });
    }
    this.#parts = joined;
    this.#blocksPerPart *= 2;
  }
}
