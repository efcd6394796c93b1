// The bearing detector: samples in windows of any length, a verdict whenever it is asked, bounded
// memory. A recording of 4 GB and a live channel go the same way.

import assert from "node:assert/strict";
import { FFT_SIZE_MAX } from "../../dsp/fft.ts";
import type { MountedBearing } from "../channel.ts";
import { BlockSpectra, type OrderAxis, PREWHITENED, SPECTRA } from "./block-spectra.ts";
import {
  ballTracesDb,
  combsOfRest,
  figuresOf,
  highestLine,
  type Spectra,
  strongestAnywhere,
  strongestDecoy,
} from "./candidates.ts";
import { combsOf, highestOrderOf, type Part } from "./combs.ts";
import type { BearingDecision } from "./decision.ts";
import { type BearingOrders, bearingOrders } from "./geometry.ts";
import { type Grounds, judge, LIMITS, type Limits } from "./judge.ts";
import { OrderAverages } from "./order-averages.ts";
import { OrderLevels } from "./order-levels.ts";

export interface BearingDetectorOptions {
  /** Samples per second. */
  readonly rate: number;
  readonly bearing: MountedBearing;
  /** Of the supply, beside 50 and 60 Hz, whose lines are nobody's fault anywhere. */
  readonly mainsHz?: number;
  readonly limits?: Limits;
}

/** Turns of the shaft in a block: lines of a cage's distance are apart, slip does not smear. */
const TURNS_PER_BLOCK = 20;
/** Bearings whose lines lie close to the shaft's want a finer axis. */
const TURNS_PER_BLOCK_FINE = 40;
/** How close that is, in orders: the foot of a shaft's line at the coarser axis. */
const CLOSE_TO_SHAFT_ORDERS = 0.1;
/** A block is at least this long, whatever the speed: band search needs it. */
const BLOCK_SAMPLES_MIN = 4_096;
/** At most a quarter of the largest transform: 2 s at 100 kHz, 2 MB per array. */
const BLOCK_SAMPLES_MAX = FFT_SIZE_MAX / 4;
/** Below half the rate there must be room for the second line, or nothing can be said. */
const RATE_SHARE_MAX = 0.45;
/** The speed may change this much within a block; beyond it lines smear over several bins. */
const SPEED_SPREAD_MAX = 0.02;
/** By this share the given speed may be wrong, and with it the place of the shaft's lines. */
const SPEED_TOLERANCE = 0.002;
/** Axis steps per bin of the transform: half a bin, so that a line between two bins shows. */
const STEPS_PER_BIN = 2;

/**
 * Both, whatever is given: 50 is the machine file's default, and noise that follows a supply of
 * 60 Hz, or another line's beside the machine, passed for a rolling element with 98 % otherwise.
 */
const MAINS_HZ = [50, 60] as const;

export class BearingDetector {
  readonly #options: BearingDetectorOptions;
  readonly #orders: BearingOrders;
  readonly #limits: Limits;
  #plan: Plan | null = null;

  constructor(options: BearingDetectorOptions) {
    assert(options.rate > 0 && options.bearing.ratio > 0);
    this.#options = options;
    this.#orders = bearingOrders(options.bearing.geometry);
    this.#limits = options.limits ?? LIMITS;
  }

  /**
   * Takes the next `count` samples. `speedHz` is that of the channel's reference shaft; where it is
   * zero or unknown the samples are dropped, and a block does not reach across them.
   */
  add(samples: Float32Array, count: number, speedHz: number): void {
    assert(count >= 0 && count <= samples.length);
    const shaftHz = speedHz * this.#options.bearing.ratio;
    if (!(shaftHz > 0 && Number.isFinite(shaftHz))) {
      this.#plan?.interrupt();
      return;
    }
    this.#plan ??= this.#planFor(shaftHz);
    this.#plan.add(samples, count, shaftHz);
  }

  decide(): BearingDecision {
    const grounds = this.grounds();
    if (grounds === null) return cannotTell(this.#plan, this.#options.rate);
    return judge(grounds, this.#limits);
  }

  /** The figures that the verdict stands on; null while there is not one block of samples. */
  grounds(): Grounds | null {
    const plan = this.#plan;
    const blocks = plan?.averages.blocks ?? 0;
    if (plan === null || blocks === 0) return null;
    const { axis } = plan.spectra;
    const clean = (powers: Float64Array) => this.#withoutOthers(axis, powers, plan.shaftHz);
    const spectra: Spectra = {
      levels: SPECTRA.map((_, which) => clean(plan.averages.mean(which))),
      whole: OrderLevels.of(axis, plan.averages.mean(PREWHITENED)),
      halves: plan.averages.halves(PREWHITENED)?.map(clean) ?? [],
      blocks,
      shaftHz: plan.shaftHz,
    };
    return this.#groundsOf(spectra, plan);
  }

  reset(): void {
    this.#plan = null;
  }

  #groundsOf(spectra: Spectra, plan: Plan): Grounds {
    const combs = combsOf(this.#orders);
    const names = Object.keys(combs) as Part[];
    const parts = names.map((part) => figuresOf(spectra, combs[part], part));
    const top = parts.reduce((best, part) => (part.scoreDb > best.scoreDb ? part : best));
    const fundamentals = parts.map(({ part, slip }) => [
      part,
      combs[part].order * (1 + slip) * spectra.shaftHz,
    ]);
    return {
      parts,
      rest: combsOfRest(spectra, combs, top),
      ballTracesDb: ballTracesDb(spectra, combs, top),
      decoy: strongestDecoy(spectra, combs, top),
      highestLine: highestLine(spectra, combs, top),
      anywhereDb: strongestAnywhere(spectra),
      blocks: spectra.blocks,
      seconds: plan.seconds,
      kurtosis: plan.kurtosis,
      shaftHz: spectra.shaftHz,
      fundamentalsHz: Object.fromEntries(fundamentals),
    };
  }

  /** The lines of the shaft and of the mains are not the bearing's. */
  #withoutOthers(axis: OrderAxis, powers: Float64Array, shaftHz: number): OrderLevels {
    const mains = new Set([this.#options.mainsHz ?? MAINS_HZ[0], ...MAINS_HZ]);
    let levels = OrderLevels.of(axis, powers).withoutHarmonicsOf(1, SPEED_TOLERANCE);
    for (const hertz of mains) {
      const order = hertz / shaftHz;
      // Forces in a motor follow the square of the field, so twice the mains is heard anywhere.
      levels = levels.withoutHarmonicsOf(2 * order, 0);
      if (levels.hears(order)) levels = levels.withoutHarmonicsOf(order, 0);
    }
    return levels;
  }

  #planFor(shaftHz: number): Plan {
    const { rate } = this.#options;
    const { bpfo, bpfi, bsf } = this.#orders;
    const close = [bpfo, bpfi, 2 * bsf].some(
      (order) => Math.abs(order - Math.round(order)) < CLOSE_TO_SHAFT_ORDERS,
    );
    const turns = close ? TURNS_PER_BLOCK_FINE : TURNS_PER_BLOCK;
    const wanted = 2 ** Math.round(Math.log2((turns * rate) / shaftHz));
    const size = Math.min(BLOCK_SAMPLES_MAX, Math.max(BLOCK_SAMPLES_MIN, wanted));
    const step = rate / size / STEPS_PER_BIN / shaftHz;
    const highest = Math.min(highestOrderOf(this.#orders), (RATE_SHARE_MAX * rate) / shaftHz);
    return new Plan(rate, size, { step, bins: Math.ceil(highest / step) });
  }
}

/** What is made once the speed is known, because the length of a block depends on it. */
class Plan {
  readonly spectra: BlockSpectra;
  readonly averages: OrderAverages;
  readonly #rate: number;
  readonly #block: Float32Array;
  #filled = 0;
  #samples = 0;
  #slowestHz = Number.POSITIVE_INFINITY;
  #fastestHz = 0;
  #speedSum = 0;
  #sumOfSquares = 0;
  #sumOfFourths = 0;
  /** Blocks that could not be used: the speed changed, or a sample was not a number. */
  skipped = 0;

  constructor(rate: number, size: number, axis: OrderAxis) {
    this.#rate = rate;
    this.spectra = new BlockSpectra(rate, size, axis);
    this.averages = new OrderAverages(axis.bins, SPECTRA.length);
    this.#block = new Float32Array(size);
  }

  get size(): number {
    return this.spectra.size;
  }

  get shaftHz(): number {
    return this.#speedSum / Math.max(1, this.averages.blocks);
  }

  get seconds(): number {
    return this.#samples / this.#rate;
  }

  get kurtosis(): number {
    const { blocks } = this.averages;
    return (this.#sumOfFourths * blocks * this.size) / this.#sumOfSquares ** 2;
  }

  add(samples: Float32Array, count: number, shaftHz: number): void {
    const block = this.#block;
    for (let taken = 0; taken < count; ) {
      const part = Math.min(count - taken, block.length - this.#filled);
      block.set(samples.subarray(taken, taken + part), this.#filled);
      this.#filled += part;
      taken += part;
      this.#slowestHz = Math.min(this.#slowestHz, shaftHz);
      this.#fastestHz = Math.max(this.#fastestHz, shaftHz);
      if (this.#filled === block.length) this.#finish(shaftHz);
    }
  }

  interrupt(): void {
    this.#filled = 0;
    this.#slowestHz = Number.POSITIVE_INFINITY;
    this.#fastestHz = 0;
  }

  /** Half of a block is the first half of the next. */
  #finish(shaftHz: number): void {
    const half = this.#block.length / 2;
    const speedHz = (this.#slowestHz + this.#fastestHz) / 2;
    const steady = this.#fastestHz - this.#slowestHz <= SPEED_SPREAD_MAX * speedHz;
    if (steady && this.spectra.compute(this.#block, speedHz)) {
      this.#samples += this.averages.blocks === 0 ? 2 * half : half;
      this.averages.add(this.spectra.powers);
      this.#speedSum += speedHz;
      this.#sumOfSquares += this.spectra.sumOfSquares;
      this.#sumOfFourths += this.spectra.sumOfFourths;
    } else {
      this.skipped += 1;
    }
    this.#block.copyWithin(0, half);
    this.#filled = half;
    this.#slowestHz = shaftHz;
    this.#fastestHz = shaftHz;
  }
}

function cannotTell(plan: Plan | null, rate: number): BearingDecision {
  let reason = "There are no samples at a known speed.";
  if (plan !== null) {
    const needed = (plan.size / rate).toFixed(2);
    reason =
      plan.skipped > 0
        ? "In no part of the record was the speed steady and the signal alive."
        : `The record is too short: at this speed ${needed} s without a break are needed.`;
  }
  return { verdict: "cannot-tell", confidence: 0, reason, seconds: 0, candidates: [] };
}
