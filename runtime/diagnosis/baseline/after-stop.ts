// The observations after a stop of the machine: an alarm is held back while they are gathered, and
// their medians tell by how much the level shifted over the stop.

import { fill, numbersOf } from "./learning.ts";
import { medianOf } from "./robust.ts";

/** As it is written to disk; null stands for a number that is not there. */
export interface AfterStopState {
  readonly left: number;
  readonly trusted: boolean;
  readonly block: readonly (number | null)[];
  readonly before: readonly number[];
}

export class AfterStop {
  readonly #size: number;
  readonly #observations: number;
  readonly #block: Float64Array;
  readonly #before: Float64Array;
  readonly #scratch: Float64Array;
  #left = 0;
  #trusted = false;

  constructor(size: number, observations: number) {
    this.#size = size;
    this.#observations = observations;
    this.#block = new Float64Array(observations * size);
    this.#before = new Float64Array(size);
    this.#scratch = new Float64Array(observations);
  }

  get isGathering(): boolean {
    return this.#left > 0;
  }

  /** `trusted`: before the stop all was usual, so that a shift may be the stop's. */
  begin(trusted: boolean): void {
    this.#left = this.#observations;
    this.#trusted = trusted;
  }

  setBefore(feature: number, deviation: number): void {
    this.#before[feature] = deviation;
  }

  /** True where the observations are complete and a shift among them may be believed. */
  add(values: Float64Array): boolean {
    this.#block.set(values, (this.#observations - this.#left) * this.#size);
    this.#left -= 1;
    return this.#left === 0 && this.#trusted;
  }

  /** The level after the stop, less what it deviated by before. */
  levelOf(feature: number): number {
    const count = this.#observations;
    const median = medianOf(this.#block, feature, this.#size, count, this.#scratch);
    return median - this.#before[feature]!;
  }

  state(): AfterStopState {
    return {
      left: this.#left,
      trusted: this.#trusted,
      block: numbersOf(this.#block),
      before: [...this.#before],
    };
  }

  /** The caller has checked the lengths. */
  restore(state: AfterStopState): void {
    this.#left = state.left;
    this.#trusted = state.trusted;
    fill(this.#block, state.block);
    fill(this.#before, state.before);
  }
}
