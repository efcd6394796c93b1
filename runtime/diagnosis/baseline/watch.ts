// Watching one operating state whose usual is known: the distance of an observation, its trend
// (EWMA), the evidence of both, and a usual that follows slowly and within bounds.

import type { Mono } from "../../signal/instant.ts";
import { AfterStop, type AfterStopState } from "./after-stop.ts";
import type { BaselineFeature, DepartedFeature } from "./answer.ts";
import { Evidence, type EvidenceState } from "./evidence.ts";
import { fill, numbersOf, type Usual } from "./learning.ts";
import { medianOf } from "./robust.ts";
import { type BaselineSettings, MEDIAN_OBSERVATIONS } from "./settings.ts";

/**
 * What each further feature adds to the squared distance by its noise alone: the variance of a
 * median of five normal numbers is 0.287, half of it on the side that counts, and some more because
 * features that move together are held against a shrunk correlation.
 */
const NOISE_PER_FEATURE = 0.3;

/** A deviation counts at most so many spreads in the trend: one outlier must not bend it. */
const TREND_SPREADS_MOST = 4;

/** Farther away is all the same, and its square is still finite. */
const DISTANCE_SPREADS_MOST = 1e6;

/** As it is written to disk; null stands for a number that is not there. */
export interface WatchState {
  readonly center: readonly (number | null)[];
  readonly spread: readonly (number | null)[];
  readonly inverse: readonly number[];
  readonly recent: readonly (number | null)[];
  readonly recentNext: number;
  readonly trend: readonly number[];
  readonly adapted: readonly number[];
  readonly restarted: readonly number[];
  readonly common: readonly number[];
  readonly vouched: boolean;
  readonly evidence: EvidenceState;
  readonly afterStop: AfterStopState;
}

export class Watch {
  readonly #features: readonly BaselineFeature[];
  readonly #settings: BaselineSettings;
  readonly #center: Float64Array;
  readonly #spread: Float64Array;
  readonly #inverse: Float64Array;
  /** The last few observations, for the running median. */
  readonly #recent: Float64Array;
  #recentNext = 0;
  readonly #smoothed: Float64Array;
  /** Deviation from the learned center: mean of the past, newest weighted most. */
  readonly #trend: Float64Array;
  /** What the usual moved by slowly, and what it moved by at restarts. */
  readonly #adapted: Float64Array;
  readonly #restarted: Float64Array;
  /** What all channels of the machine share now; zeros without a group. */
  readonly #common: Float64Array;
  /** Others vouch for what is common: then a shift of this channel alone is not the regime's. */
  #vouched = false;
  readonly #evidence: Evidence;
  readonly #afterStop: AfterStop;
  readonly #deviations: Float64Array;
  readonly #scratch: Float64Array;
  #distance = 0;
  #trendDistance = 0;

  constructor(features: readonly BaselineFeature[], settings: BaselineSettings, usual: Usual) {
    const size = features.length;
    this.#features = features;
    this.#settings = settings;
    this.#center = usual.center;
    this.#spread = usual.spread;
    this.#inverse = usual.inverse;
    this.#recent = new Float64Array(MEDIAN_OBSERVATIONS * size).fill(Number.NaN);
    this.#smoothed = new Float64Array(size).fill(Number.NaN);
    this.#trend = new Float64Array(size);
    this.#adapted = new Float64Array(size);
    this.#restarted = new Float64Array(size);
    this.#common = new Float64Array(size);
    this.#evidence = new Evidence(settings);
    this.#afterStop = new AfterStop(size, settings.restartObservations);
    this.#deviations = new Float64Array(size);
    this.#scratch = new Float64Array(MEDIAN_OBSERVATIONS);
  }

  get distance(): number {
    return this.#distance;
  }

  get trendDistance(): number {
    return this.#trendDistance;
  }

  get evidence(): Evidence {
    return this.#evidence;
  }

  /** Enough evidence, and it is not held back after a stop. */
  get departs(): boolean {
    return this.#evidence.share > 1 && !this.#afterStop.isGathering;
  }

  /** Neither the observation nor the trend is far from usual. */
  get calm(): boolean {
    const { slackSpreads, suspiciousSpreads } = this.#settings;
    return this.#distance < slackSpreads && this.#trendDistance < suspiciousSpreads;
  }

  /** After a stop an alarm is held back for some observations, while a shift is measured. */
  stopped(departed: boolean): void {
    if (this.#afterStop.isGathering) return;
    const wasUsual = this.#evidence.share === 0 && this.calm && !departed;
    this.#afterStop.begin(wasUsual && !this.#vouched);
    for (let feature = 0; feature < this.#features.length; feature++) {
      this.#afterStop.setBefore(feature, this.#trend[feature]! - this.#offsetOf(feature));
    }
    // The median must not mix what was before the stop with what is after it.
    this.#recent.fill(Number.NaN);
  }

  /** Takes one observation. True where a shift after a stop was taken for the new usual. */
  observe(values: Float64Array, at: Mono): boolean {
    const size = this.#features.length;
    this.#recent.set(values, this.#recentNext * size);
    this.#recentNext = (this.#recentNext + 1) % MEDIAN_OBSERVATIONS;
    for (let feature = 0; feature < size; feature++) {
      this.#smooth(feature);
      this.#follow(feature, values[feature]!);
    }
    this.#distance = this.#distanceOf(this.#smoothed, this.#center);
    this.#trendDistance = this.#distanceOf(this.#trend, null);
    this.#evidence.gather(this.#distance, this.#trendDistance, at);
    const measured = this.#afterStop.isGathering && this.#afterStop.add(values);
    const rebased = measured && this.#rebase();
    if (this.#evidence.share === 0 && this.calm) this.#adapt();
    return rebased;
  }

  /** How far the smoothed feature is from usual, in its own scale; NaN where it is not there. */
  shiftOf(feature: number): number {
    return this.#smoothed[feature]! - this.#center[feature]! - this.#offsetOf(feature);
  }

  spreadOf(feature: number): number {
    return this.#spread[feature]!;
  }

  commonOf(feature: number): number {
    return this.#common[feature]!;
  }

  setCommon(feature: number, shift: number): void {
    this.#common[feature] = shift;
    this.#vouched = true;
  }

  #offsetOf(feature: number): number {
    return this.#adapted[feature]! + this.#restarted[feature]!;
  }

  #smooth(feature: number): void {
    const size = this.#features.length;
    const median = medianOf(this.#recent, feature, size, MEDIAN_OBSERVATIONS, this.#scratch);
    this.#smoothed[feature] = median;
  }

  #follow(feature: number, value: number): void {
    const spread = this.#spread[feature]!;
    const step = value - this.#center[feature]! - this.#trend[feature]!;
    if (Number.isNaN(step)) return;
    this.#trend[feature]! +=
      this.#settings.trendWeight * limited(step, TREND_SPREADS_MOST * spread);
  }

  /**
   * Mahalanobis' distance of the deviations that point where a fault would move the feature. A
   * vibration that falls is no distance, and neither is what all channels share.
   */
  #distanceOf(values: Float64Array, center: Float64Array | null): number {
    const size = this.#features.length;
    let judged = 0;
    for (let feature = 0; feature < size; feature++) {
      const usual = (center ? center[feature]! : 0) + this.#offsetOf(feature);
      const away = values[feature]! - usual - this.#common[feature]!;
      const spreads = limited(away / this.#spread[feature]!, DISTANCE_SPREADS_MOST);
      const there = !Number.isNaN(spreads);
      if (there) judged += 1;
      const { departs } = this.#features[feature]!;
      const against = departs === "up" ? spreads < 0 : departs === "down" && spreads > 0;
      this.#deviations[feature] = there && !against ? spreads : 0;
    }
    const square = quadraticForm(this.#deviations, this.#inverse);
    return Math.sqrt(Math.max(0, square - NOISE_PER_FEATURE * Math.max(0, judged - 1)));
  }

  /** The usual follows what is not suspicious, slowly, and never far from what was learned. */
  #adapt(): void {
    const { adaptionShare, adaptionMostSpreads } = this.#settings;
    for (let feature = 0; feature < this.#features.length; feature++) {
      const spread = this.#spread[feature]!;
      const shift = this.shiftOf(feature) - this.#common[feature]!;
      if (Number.isNaN(shift)) continue;
      const moved = this.#adapted[feature]! + adaptionShare * limited(shift, spread);
      this.#adapted[feature] = limited(moved, adaptionMostSpreads * spread);
    }
  }

  /** Takes the level after a stop for the usual one, within bounds from what was learned. */
  #rebase(): boolean {
    const { restartLeastSpreads, restartMostSpreads } = this.#settings;
    let rebased = false;
    for (let feature = 0; feature < this.#features.length; feature++) {
      const spread = this.#spread[feature]!;
      const most = restartMostSpreads * spread;
      const { departs } = this.#features[feature]!;
      // A vibration that is lower after a stop harms nobody, and may come back at the next one.
      const low = departs === "up" ? 0 : -most;
      const high = departs === "down" ? 0 : most;
      const usual = this.#center[feature]! + this.#adapted[feature]!;
      const moved = Math.max(low, Math.min(high, this.#afterStop.levelOf(feature) - usual));
      if (!(Math.abs(moved - this.#restarted[feature]!) > restartLeastSpreads * spread)) continue;
      this.#restarted[feature] = moved;
      rebased = true;
    }
    if (rebased) this.#evidence.forget();
    return rebased;
  }

  /** Which features are a spread or more away, the farthest first. */
  departed(): DepartedFeature[] {
    const found: DepartedFeature[] = [];
    this.#features.forEach(({ name, unit, scale }, feature) => {
      const spreads = (this.shiftOf(feature) - this.#common[feature]!) / this.#spread[feature]!;
      if (!(Math.abs(spreads) >= 1)) return;
      const usual = this.#center[feature]! + this.#offsetOf(feature) + this.#common[feature]!;
      const back = (value: number) => (scale === "log" ? Math.exp(value) : value);
      const value = back(this.#smoothed[feature]!);
      const slack = Math.sign(spreads) * this.#settings.slackSpreads * this.#spread[feature]!;
      found.push({ name, unit, value, usual: back(usual), limit: back(usual + slack), spreads });
    });
    return found.sort((one, other) => Math.abs(other.spreads) - Math.abs(one.spreads));
  }

  state(): WatchState {
    return {
      center: numbersOf(this.#center),
      spread: numbersOf(this.#spread),
      inverse: [...this.#inverse],
      recent: numbersOf(this.#recent),
      recentNext: this.#recentNext,
      trend: [...this.#trend],
      adapted: [...this.#adapted],
      restarted: [...this.#restarted],
      common: [...this.#common],
      vouched: this.#vouched,
      evidence: this.#evidence.state(),
      afterStop: this.#afterStop.state(),
    };
  }

  /** The caller has checked the lengths. */
  restore(state: WatchState, shiftMs: number | null): void {
    fill(this.#recent, state.recent);
    this.#recentNext = state.recentNext;
    fill(this.#trend, state.trend);
    fill(this.#adapted, state.adapted);
    fill(this.#restarted, state.restarted);
    fill(this.#common, state.common);
    this.#vouched = state.vouched;
    this.#evidence.restore(state.evidence, shiftMs);
    this.#afterStop.restore(state.afterStop);
    for (let feature = 0; feature < this.#features.length; feature++) this.#smooth(feature);
    this.#distance = this.#distanceOf(this.#smoothed, this.#center);
    this.#trendDistance = this.#distanceOf(this.#trend, null);
  }
}

/** Vector, matrix, vector. */
function quadraticForm(vector: Float64Array, matrix: Float64Array): number {
  const size = vector.length;
  let sum = 0;
  for (let row = 0; row < size; row++) {
    const one = vector[row]!;
    if (one === 0) continue;
    for (let column = 0; column < size; column++) {
      sum += one * matrix[row * size + column]! * vector[column]!;
    }
  }
  return sum;
}

function limited(value: number, most: number): number {
  return Math.max(-most, Math.min(most, value));
}
