// Where in the spectrum the shocks are: the band whose power comes most in bursts. It is the
// kurtogram over short-time spectra (Antoni, "The spectral kurtosis", MSSP 20 (2006) 282–307),
// bounded so that neither an empty edge of the spectrum nor one stray shock wins.

import type { Band } from "../../dsp/samples.ts";
import { ShortSpectra } from "../../dsp/short-spectra.ts";

/** Bands are 4 ÷ length of the rate wide: between an eighth and a thirty-second of it. */
const WINDOW_LENGTHS = [32, 64, 128] as const;
/** Above it lies the flank of the anti-aliasing filter: what is left there is not the machine's. */
const RATE_SHARE_MAX = 0.45;
/** A band with less than this share of the power of an average one is not heard. */
const POWER_SHARE_MIN = 0.02;
/**
 * The kurtosis is taken in each of these parts of a block, and the median counts: a shock that
 * happens once lies in one of them.
 */
const PARTS = 8;

/** One for each size of a block, of which there are few; nothing is kept in it between blocks. */
const spectraOfBlocks = new Map<number, ShortSpectra>();

function spectraOf(blockSamples: number): ShortSpectra {
  let spectra = spectraOfBlocks.get(blockSamples);
  if (spectra === undefined) {
    spectra = new ShortSpectra(WINDOW_LENGTHS, blockSamples);
    spectraOfBlocks.set(blockSamples, spectra);
  }
  return spectra;
}

interface Level {
  readonly size: number;
  /** Sums of |X|² and |X|⁴ per part and bin. */
  readonly squares: Float64Array;
  readonly fourths: Float64Array;
  spectraPerPart: number;
}

export class BandSearch {
  readonly #rate: number;
  readonly #spectra: ShortSpectra;
  readonly #levels: readonly Level[];
  readonly #kurtoses = new Float64Array(PARTS);

  constructor(rate: number, blockSamples: number) {
    this.#rate = rate;
    this.#spectra = spectraOf(blockSamples);
    this.#levels = WINDOW_LENGTHS.map((length) => ({
      size: length,
      squares: new Float64Array(PARTS * (length / 2 + 1)),
      fourths: new Float64Array(PARTS * (length / 2 + 1)),
      spectraPerPart: 0,
    }));
  }

  /** The band of a block; null where no band has both power and bursts. */
  find(block: Float64Array): Band | null {
    let best: Band | null = null;
    let highest = 0;
    this.#spectra.samples.set(block);
    for (let index = 0; index < this.#levels.length; index++) {
      const level = this.#levels[index]!;
      const { size } = level;
      this.#measure(level, index, block.length);
      const last = Math.floor(RATE_SHARE_MAX * size) - 2;
      const power = this.#meanPower(level, last);
      for (let bin = 2; bin <= last; bin++) {
        const kurtosis = this.#kurtosisAt(level, bin, power * POWER_SHARE_MIN);
        if (kurtosis <= highest) continue;
        highest = kurtosis;
        const binHz = this.#rate / size;
        best = { lowHz: (bin - 2) * binHz, highHz: (bin + 2) * binHz };
      }
    }
    return best;
  }

  #measure(level: Level, index: number, count: number): void {
    const { size, squares, fourths } = level;
    const bins = size / 2 + 1;
    const partLength = Math.floor(count / PARTS);
    const partSquares = this.#spectra.squares(index);
    const partFourths = this.#spectra.fourths(index);
    for (let part = 0; part < PARTS; part++) {
      level.spectraPerPart = this.#spectra.sum(index, part * partLength, partLength, size);
      for (let bin = 2, at = part * bins + 2; bin < bins; bin++, at++) {
        squares[at] = partSquares[bin]!;
        fourths[at] = partFourths[bin]!;
      }
    }
  }

  #meanPower({ size, squares }: Level, last: number): number {
    const bins = size / 2 + 1;
    let sum = 0;
    for (let part = 0; part < PARTS; part++) {
      for (let bin = 2; bin <= last; bin++) sum += squares[part * bins + bin]!;
    }
    return sum / (last - 1);
  }

  /** ⟨|X|⁴⟩ ÷ ⟨|X|²⟩² − 2, which is zero for a stationary Gaussian signal. */
  #kurtosisAt(level: Level, bin: number, powerMin: number): number {
    const { size, squares, fourths, spectraPerPart } = level;
    const bins = size / 2 + 1;
    let power = 0;
    for (let part = 0; part < PARTS; part++) {
      const square = squares[part * bins + bin]!;
      power += square;
      this.#kurtoses[part] = square > 0 ? fourths[part * bins + bin]! / (square * square) : 0;
    }
    if (power < powerMin) return 0;
    this.#kurtoses.sort();
    const median = (this.#kurtoses[PARTS / 2 - 1]! + this.#kurtoses[PARTS / 2]!) / 2;
    return median * spectraPerPart - 2;
  }
}
