// The mean of what was concluded in one operating state until it is as long as an observation has
// to be: a machine that works two minutes at a time is learned all the same.

import { OPERATING_STATES_MAX } from "./baseline/settings.ts";

interface Sums {
  readonly sums: Float64Array;
  readonly counts: Float64Array;
  seconds: number;
}

export class Stretches {
  readonly #features: number;
  readonly #lengthSeconds: number;
  readonly #means: Float64Array;
  /** By operating state, the one that was not heard of for longest first; it is the one to go. */
  readonly #states = new Map<string, Sums>();

  constructor(features: number, lengthSeconds: number) {
    this.#features = features;
    this.#lengthSeconds = lengthSeconds;
    this.#means = new Float64Array(features);
  }

  /**
   * Adds what was concluded over some seconds of an operating state. Gives the means once there is
   * enough of it, NaN for a feature that could never be said; null before. The next call overwrites
   * them.
   */
  add(values: ArrayLike<number>, seconds: number, operatingState: string): Float64Array | null {
    const own = this.#of(operatingState);
    for (let feature = 0; feature < this.#features; feature++) {
      const value = values[feature]!;
      if (Number.isNaN(value)) continue;
      own.sums[feature]! += value * seconds;
      own.counts[feature]! += seconds;
    }
    own.seconds += seconds;
    if (own.seconds < this.#lengthSeconds) return null;
    for (let feature = 0; feature < this.#features; feature++) {
      this.#means[feature] = own.sums[feature]! / own.counts[feature]!;
    }
    own.sums.fill(0);
    own.counts.fill(0);
    own.seconds = 0;
    return this.#means;
  }

  #of(operatingState: string): Sums {
    const known = this.#states.get(operatingState);
    const own = known ?? {
      sums: new Float64Array(this.#features),
      counts: new Float64Array(this.#features),
      seconds: 0,
    };
    this.#states.delete(operatingState);
    this.#states.set(operatingState, own);
    if (this.#states.size > OPERATING_STATES_MAX) {
      this.#states.delete(this.#states.keys().next().value!);
    }
    return own;
  }
}
