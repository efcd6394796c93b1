// The learning of what is usual in one operating state: observations are gathered in blocks; what
// is usual, how far it scatters and which features move together is taken from the blocks' medians
// and spreads, once the level has settled.

import type { BaselineFeature } from "./answer.ts";
import { deviationOf, inverseCorrelation, medianOf } from "./robust.ts";
import type { BaselineSettings } from "./settings.ts";

/** Deviations beyond it count as if they were so large, when correlations are gathered. */
const PRODUCT_SPREADS_MOST = 2.5;

/** The mean range of 6 normal numbers is 2.53 deviations (Tippett 1925). */
const RANGE_PER_DEVIATION = 2.53;

/** A feature that was there in fewer of the used blocks is not judged. */
const USED_BLOCKS_LEAST = 3;

/** What was learned. A feature that was too seldom there has no center (NaN). */
export interface Usual {
  readonly center: Float64Array;
  readonly spread: Float64Array;
  /** Inverse of the shrunk correlation, row by row. */
  readonly inverse: Float64Array;
}

/** As it is written to disk; null stands for a number that is not there. */
export interface LearningState {
  readonly observations: number;
  readonly block: readonly (number | null)[];
  readonly medians: readonly (number | null)[];
  readonly spreads: readonly (number | null)[];
  readonly products: readonly number[];
}

/** The spread that is believed at least, in the scale in which the feature is judged. */
function leastSpreadOf(feature: BaselineFeature): number {
  return feature.scale === "log" ? Math.log1p(feature.spreadLeast) : feature.spreadLeast;
}

export class Learning {
  readonly #features: readonly BaselineFeature[];
  readonly #settings: BaselineSettings;
  readonly #block: Float64Array;
  readonly #medians: Float64Array;
  readonly #spreads: Float64Array;
  readonly #products: Float64Array;
  readonly #scratch: Float64Array;
  #observations = 0;

  constructor(features: readonly BaselineFeature[], settings: BaselineSettings) {
    const size = features.length;
    this.#features = features;
    this.#settings = settings;
    this.#block = new Float64Array(settings.blockObservations * size);
    this.#medians = new Float64Array(settings.learningBlocksMost * size);
    this.#spreads = new Float64Array(settings.learningBlocksMost * size);
    this.#products = new Float64Array(size * size);
    this.#scratch = new Float64Array(
      Math.max(settings.blockObservations, settings.learningBlocksMost),
    );
  }

  get observations(): number {
    return this.#observations;
  }

  get #blocks(): number {
    return Math.floor(this.#observations / this.#settings.blockObservations);
  }

  get enough(): boolean {
    return this.#blocks >= this.#settings.learningBlocksLeast;
  }

  /** Takes one observation; true where what is usual can be told by now. */
  add(values: Float64Array): boolean {
    const size = this.#features.length;
    const position = this.#observations % this.#settings.blockObservations;
    this.#block.set(values, position * size);
    this.#observations += 1;
    if (position + 1 < this.#settings.blockObservations) return false;
    this.#endBlock(this.#blocks - 1);
    if (!this.enough) return false;
    return this.#blocks >= this.#settings.learningBlocksMost || this.#settled();
  }

  #endBlock(block: number): void {
    const size = this.#features.length;
    const count = this.#settings.blockObservations;
    for (let feature = 0; feature < size; feature++) {
      const at = block * size + feature;
      const median = medianOf(this.#block, feature, size, count, this.#scratch);
      this.#medians[at] = median;
      this.#spreads[at] = deviationOf(this.#block, feature, size, count, median, this.#scratch);
    }
    for (let position = 0; position < count; position++) this.#addProducts(block, position);
  }

  #addProducts(block: number, position: number): void {
    const size = this.#features.length;
    for (let row = 0; row < size; row++) {
      const one = this.#deviation(block, position, row);
      if (one === 0) continue;
      for (let column = 0; column < size; column++) {
        this.#products[row * size + column]! += one * this.#deviation(block, position, column);
      }
    }
  }

  /** From the block's median, in the block's spreads, limited; 0 where there is none. */
  #deviation(block: number, position: number, feature: number): number {
    const size = this.#features.length;
    const at = block * size + feature;
    const spread = this.#spreads[at]!;
    if (!(spread > 0)) return 0;
    const value = this.#block[position * size + feature]!;
    const deviation = (value - this.#medians[at]!) / spread;
    if (Number.isNaN(deviation)) return 0;
    return Math.max(-PRODUCT_SPREADS_MOST, Math.min(PRODUCT_SPREADS_MOST, deviation));
  }

  #medianOfBlocks(of: Float64Array, feature: number, from: number, to: number): number {
    const size = this.#features.length;
    return medianOf(of, from * size + feature, size, to - from, this.#scratch);
  }

  /**
   * Whether the used blocks lie close together. A machine that runs in falls, and its baseline
   * would be too high and too wide; one that rises already is given no baseline in a hurry either.
   */
  #settled(): boolean {
    const end = this.#blocks;
    const from = end - this.#settings.usedBlocks;
    return this.#features.every((definition, feature) => {
      const range = this.#rangeOfBlocks(feature, from, end);
      const within = this.#medianOfBlocks(this.#spreads, feature, from, end);
      const spread = Math.hypot(within, leastSpreadOf(definition));
      return !(range > this.#settings.settledRangeSpreads * spread);
    });
  }

  usual(): Usual {
    const size = this.#features.length;
    const end = this.#blocks;
    const from = end - this.#settings.usedBlocks;
    const center = new Float64Array(size);
    const spread = new Float64Array(size);
    this.#features.forEach((definition, feature) => {
      const within = this.#medianOfBlocks(this.#spreads, feature, from, end);
      const between = this.#rangeOfBlocks(feature, from, end) / RANGE_PER_DEVIATION;
      center[feature] = this.#medianOfBlocks(this.#medians, feature, from, end);
      spread[feature] = Math.hypot(within, between, leastSpreadOf(definition));
      if (Number.isNaN(spread[feature]!)) center[feature] = Number.NaN;
    });
    const shrinkage = Math.max(
      this.#settings.shrinkageLeast,
      size / Math.max(1, this.#observations),
    );
    return { center, spread, inverse: inverseCorrelation(this.#products, size, shrinkage) };
  }

  /** NaN where the feature was there in too few blocks. */
  #rangeOfBlocks(feature: number, from: number, to: number): number {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    let there = 0;
    for (let block = from; block < to; block++) {
      const median = this.#medians[block * this.#features.length + feature]!;
      if (Number.isNaN(median)) continue;
      there += 1;
      low = Math.min(low, median);
      high = Math.max(high, median);
    }
    return there < USED_BLOCKS_LEAST ? Number.NaN : high - low;
  }

  state(): LearningState {
    const size = this.#features.length;
    const open = (this.#observations % this.#settings.blockObservations) * size;
    return {
      observations: this.#observations,
      block: numbersOf(this.#block.subarray(0, open)),
      medians: numbersOf(this.#medians.subarray(0, this.#blocks * size)),
      spreads: numbersOf(this.#spreads.subarray(0, this.#blocks * size)),
      products: [...this.#products],
    };
  }

  /** The caller has checked the lengths against `observations`. */
  restore(state: LearningState): void {
    this.#observations = state.observations;
    fill(this.#block, state.block);
    fill(this.#medians, state.medians);
    fill(this.#spreads, state.spreads);
    fill(this.#products, state.products);
  }
}

/** JSON has no NaN. */
export function numbersOf(values: Float64Array): (number | null)[] {
  return Array.from(values, (value) => (Number.isFinite(value) ? value : null));
}

export function fill(into: Float64Array, from: readonly (number | null)[]): void {
  for (let index = 0; index < from.length; index++) into[index] = from[index] ?? Number.NaN;
}
