// What several slow signals make together: the ratio of two, the unbalance of three. Both are of
// means over the time in which all of them are good and fresh.

import type { Mono } from "../../signal/instant.ts";
import { negativeSequenceRatio } from "./phase-unbalance.ts";
import type { SlowFeature } from "./slow.ts";
import { TimeWeightedMean } from "./time-weighted-mean.ts";

/** It is said once its means are filled by this share: after some 0.7 of their time. */
const WEIGHT_MIN = 0.5;

/**
 * A ratio of means, and not a mean of ratios, is what went in by what came out, and a moment in
 * which the second is near zero does not outweigh an hour.
 */
export function ratioOf([above, below]: readonly TimeWeightedMean[]): number {
  return below!.mean === 0 ? Number.NaN : above!.mean / below!.mean;
}

/** Negative sequence in percent of the positive one, from the RMS of three phases. */
export function unbalanceOf([a, b, c]: readonly TimeWeightedMean[]): number {
  return 100 * negativeSequenceRatio(a!.mean, b!.mean, c!.mean);
}

export class JointFeature implements SlowFeature {
  readonly #pairMsMax: number;
  readonly #means: readonly TimeWeightedMean[];
  readonly #combine: (means: readonly TimeWeightedMean[]) => number;
  readonly #value: Float64Array;
  /** Instant of the last good sample of each; −1 where it is not good. */
  readonly #goodAt: Float64Array;
  #at: Mono = -1;

  /** @param staleMs how long a sample of each signal speaks for it. */
  constructor(
    overMs: number,
    staleMs: readonly number[],
    combine: (means: readonly TimeWeightedMean[]) => number,
  ) {
    this.#pairMsMax = Math.min(...staleMs);
    this.#means = staleMs.map(() => new TimeWeightedMean(overMs));
    this.#combine = combine;
    this.#value = new Float64Array(staleMs.length);
    this.#goodAt = new Float64Array(staleMs.length).fill(-1);
  }

  good(input: number, value: number, at: Mono): number {
    // One that comes out of order says nothing about now.
    if (at >= this.#at) {
      this.#pass(at);
      this.#value[input] = value;
      this.#goodAt[input] = at;
      this.#at = at;
    }
    if (!this.#areFresh(this.#at) || this.#means[0]!.weight < WEIGHT_MIN) return Number.NaN;
    return this.#combine(this.#means);
  }

  bad(input: number): void {
    this.#goodAt[input] = -1;
  }

  leave(): void {
    this.#goodAt.fill(-1);
  }

  /** Until now what all said last has held; or nothing is known, and the past fades. */
  #pass(at: Mono): void {
    if (this.#at < 0) return;
    const forMs = at - this.#at;
    const isKnown = this.#areFresh(at);
    for (let input = 0; input < this.#means.length; input++) {
      const mean = this.#means[input]!;
      if (isKnown) mean.add(this.#value[input]!, forMs);
      else mean.fade(forMs);
    }
  }

  #areFresh(at: Mono): boolean {
    for (let input = 0; input < this.#goodAt.length; input++) {
      const goodAt = this.#goodAt[input]!;
      if (goodAt < 0 || at - goodAt > this.#pairMsMax) return false;
    }
    return true;
  }
}
