// A spectrum over orders as levels above its own surroundings, and what stands in it: lines, combs
// of lines, and the lines of the shaft and of the mains, which are nobody's fault.

import type { OrderAxis } from "./block-spectra.ts";

/** Half the width of the surroundings, in orders: wider than ±1× sidebands are from their line. */
const SURROUNDINGS_ORDERS = 0.6;
/** One line counts at most this much, so that none makes a comb alone. */
const LINE_DB_MAX = 25;
/** A level that was taken out. It is that of the surroundings. */
const SURROUNDINGS_DB = 0;
/** Half the foot of a line that is taken out, in steps of the axis: most of Hann's main lobe. */
const LINE_FOOT_STEPS = 3;
/** The same for the shaft's and the mains' lines, which may be very strong: all of it. */
const HARMONIC_FOOT_STEPS = 5;

/** How many multiples are listened to, and what a line has to reach to be heard. */
const HEARD_AMONG = 6;
const HEARD_MIN_DB = 5;

export class OrderLevels {
  readonly axis: OrderAxis;
  /** In dB above the median of the surroundings. */
  readonly levels: Float64Array;

  constructor(axis: OrderAxis, levels: Float64Array) {
    this.axis = axis;
    this.levels = levels;
  }

  static of(axis: OrderAxis, powers: Float64Array): OrderLevels {
    const half = Math.round(SURROUNDINGS_ORDERS / axis.step);
    const medians = runningMedian(powers, half);
    const levels = medians.map((median, index) =>
      median > 0 ? 10 * Math.log10(Math.max(powers[index]! / median, 1e-6)) : SURROUNDINGS_DB,
    );
    return new OrderLevels(axis, levels);
  }

  /** The level at an order, or half a bin beside it. */
  lineDb(order: number): number {
    return Math.min(LINE_DB_MAX, this.heightDb(order));
  }

  /** The same, however high it is. */
  heightDb(order: number): number {
    const at = Math.round(order / this.axis.step);
    if (at < 1 || at + 1 >= this.levels.length) return SURROUNDINGS_DB;
    return Math.max(this.levels[at - 1]!, this.levels[at]!, this.levels[at + 1]!);
  }

  /** Where in that neighbourhood the highest level is. */
  peakOrder(order: number): number {
    const at = Math.round(order / this.axis.step);
    let best = at;
    for (const index of [at - 1, at + 1]) {
      if ((this.levels[index] ?? -1) > (this.levels[best] ?? -1)) best = index;
    }
    return best * this.axis.step;
  }

  /** The order with the highest level of all, from `from` on. */
  highestOrder(from: number): number {
    let best = Math.ceil(from / this.axis.step);
    for (let index = best; index < this.levels.length - 1; index++) {
      if (this.levels[index]! > this.levels[best]!) best = index;
    }
    return best * this.axis.step;
  }

  /** The mean level of the first `lines` multiples of an order. */
  combDb(order: number, lines: number): number {
    let sum = 0;
    for (let line = 1; line <= lines; line++) sum += this.lineDb(line * order);
    return sum / lines;
  }

  /** The same without the lines at these orders. */
  without(orders: Iterable<number>): OrderLevels {
    const levels = this.levels.slice();
    for (const order of orders)
      flatten(levels, Math.round(order / this.axis.step), LINE_FOOT_STEPS);
    return new OrderLevels(this.axis, levels);
  }

  /** Whether at least two of the first multiples of an order peak where they have to. */
  hears(order: number): boolean {
    let heard = 0;
    for (let multiple = 1; multiple <= HEARD_AMONG; multiple++) {
      const at = Math.round((multiple * order) / this.axis.step);
      const peak = highestWithin(this.levels, at, HARMONIC_FOOT_STEPS);
      const there = Math.abs(peak - at) <= 1;
      if (there && (this.levels[peak] ?? SURROUNDINGS_DB) >= HEARD_MIN_DB) heard += 1;
    }
    return heard >= 2;
  }

  /**
   * The same without the lines that stand at multiples of `order`: the shaft's own (unbalance,
   * looseness, a coupling) or those of the mains. Only what peaks there goes, give or take
   * `tolerance` of the order: a bearing's line beside it stays.
   */
  withoutHarmonicsOf(order: number, tolerance: number): OrderLevels {
    const levels = this.levels.slice();
    const { step } = this.axis;
    for (let multiple = order; multiple / step < levels.length; multiple += order) {
      const at = Math.round(multiple / step);
      const peak = highestWithin(this.levels, at, HARMONIC_FOOT_STEPS);
      if (Math.abs(peak - at) <= 1 + (tolerance * multiple) / step)
        flatten(levels, peak, HARMONIC_FOOT_STEPS);
    }
    return new OrderLevels(this.axis, levels);
  }
}

function flatten(levels: Float64Array, at: number, foot: number): void {
  const last = Math.min(levels.length - 1, at + foot);
  for (let index = Math.max(0, at - foot); index <= last; index++) {
    levels[index] = Math.min(levels[index]!, SURROUNDINGS_DB);
  }
}

function highestWithin(levels: Float64Array, at: number, reach: number): number {
  let best = at;
  const last = Math.min(levels.length - 1, at + reach);
  for (let index = Math.max(0, at - reach); index <= last; index++) {
    if (levels[index]! > (levels[best] ?? Number.NEGATIVE_INFINITY)) best = index;
  }
  return best;
}

/** The median of 2·half + 1 neighbours of each value; the outermost values repeat at the ends. */
function runningMedian(values: Float64Array, half: number): Float64Array {
  const { length } = values;
  const medians = new Float64Array(length);
  const at = (index: number) => values[Math.min(length - 1, Math.max(0, index))]!;
  const sorted = Float64Array.from({ length: 2 * half + 1 }, (_, index) => at(index - half)).sort();
  medians[0] = sorted[half]!;
  for (let index = 1; index < length; index++) {
    replaceSorted(sorted, at(index - half - 1), at(index + half));
    medians[index] = sorted[half]!;
  }
  return medians;
}

function replaceSorted(sorted: Float64Array, leaving: number, entering: number): void {
  let hole = positionOf(sorted, leaving);
  while (hole > 0 && sorted[hole - 1]! > entering) {
    sorted[hole] = sorted[hole - 1]!;
    hole -= 1;
  }
  while (hole < sorted.length - 1 && sorted[hole + 1]! < entering) {
    sorted[hole] = sorted[hole + 1]!;
    hole += 1;
  }
  sorted[hole] = entering;
}

function positionOf(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
