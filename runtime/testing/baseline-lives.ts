// Simulated lives of machines for the learned baselines: features on a logarithmic scale that
// scatter, wander, run in, shift, drift and fail, the same from one seed.

import type { SeededRandom } from "./seeded-random.ts";

export interface LifeOptions {
  /** Of the logarithm, from one observation to the next. */
  readonly scatter: number;
  /** How far neighbouring observations go together: 0 not at all, below 1. */
  readonly correlation: number;
  /** Degrees of freedom of Student's distribution: the fewer, the heavier the tails. */
  readonly tailFreedom: number;
  /** Deviation of a slow wandering, and after how many observations it has forgotten itself. */
  readonly wander: number;
  readonly wanderObservations: number;
}

export const ORDINARY_LIFE: LifeOptions = {
  scatter: 0.06,
  correlation: 0.5,
  tailFreedom: 4,
  wander: 0.03,
  wanderObservations: 2_000,
};

/** Levels of a healthy machine: RMS, peak, crest factor and kurtosis. */
const LEVELS = [0.5, 1.8, 3.6, 3.1];

/** What moves a feature away from its level, as a logarithm. */
export type Course = (index: number, feature: number) => number;

export const STEADY: Course = () => 0;

/** Makes one observation after the other. The array is used again each time. */
export class SimulatedLife {
  readonly #random: SeededRandom;
  readonly #options: LifeOptions;
  readonly #course: Course;
  readonly #noise = new Float64Array(LEVELS.length);
  readonly #slow = new Float64Array(LEVELS.length);
  readonly features = new Float64Array(LEVELS.length);
  #index = 0;

  constructor(random: SeededRandom, course: Course = STEADY, options = ORDINARY_LIFE) {
    this.#random = random;
    this.#course = course;
    this.#options = options;
  }

  next(): Float64Array {
    const { scatter, correlation, wander, wanderObservations } = this.#options;
    const fresh = Math.sqrt(1 - correlation ** 2);
    const kept = 1 - 1 / wanderObservations;
    const shaken = Math.sqrt(1 - kept ** 2);
    for (let feature = 0; feature < LEVELS.length; feature++) {
      const noise = correlation * this.#noise[feature]! + fresh * scatter * this.#student();
      this.#noise[feature] = noise;
      const slow = kept * this.#slow[feature]! + shaken * wander * this.#random.normal();
      this.#slow[feature] = slow;
      const moved = noise + slow + this.#course(this.#index, feature);
      this.features[feature] = LEVELS[feature]! * Math.exp(moved);
    }
    this.#index += 1;
    return this.features;
  }

  /** Student's t with deviation 1: normal ÷ √(χ² ÷ freedom), scaled. */
  #student(): number {
    const { tailFreedom } = this.#options;
    let squares = 0;
    for (let count = 0; count < tailFreedom; count++) squares += this.#random.normal() ** 2;
    const student = this.#random.normal() / Math.sqrt(squares / tailFreedom);
    return student * Math.sqrt((tailFreedom - 2) / tailFreedom);
  }
}
