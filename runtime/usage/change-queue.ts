// Changes that were decided and wait until the slowest signal of the rules has spoken: a ring of
// instants, each with one number.

import type { Mono } from "../signal/instant.ts";

/**
 * What flaps more often than this before the slowest signal speaks is unclear for the rest of that
 * time; who queues it says how.
 */
export const CHANGES_MAX = 1_024;

export class ChangeQueue {
  readonly #at = new Float64Array(CHANGES_MAX);
  readonly #values: Uint8Array | Uint32Array | Float64Array;
  #head = 0;
  #count = 0;

  /** @param values holds `CHANGES_MAX` numbers of the kind that is queued. */
  constructor(values: Uint8Array | Uint32Array | Float64Array) {
    this.#values = values;
  }

  /** The instant of the next change that has not been taken, or Infinity. */
  get nextAt(): Mono {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : this.#at[this.#head]!;
  }

  get full(): boolean {
    return this.#count === CHANGES_MAX;
  }

  take(): number {
    const value = this.#values[this.#head]!;
    this.#head = (this.#head + 1) % CHANGES_MAX;
    this.#count--;
    return value;
  }

  /** Only where it is not full. */
  push(at: Mono, value: number): void {
    const slot = (this.#head + this.#count) % CHANGES_MAX;
    this.#at[slot] = at;
    this.#values[slot] = value;
    this.#count++;
  }

  /** Forgets those that wait from an instant on. */
  dropFrom(at: Mono): void {
    while (this.#count > 0) {
      const newest = (this.#head + this.#count - 1) % CHANGES_MAX;
      if (this.#at[newest]! < at) return;
      this.#count--;
    }
  }

  /** The newest of a full queue. */
  get last(): number {
    return this.#values[(this.#head + CHANGES_MAX - 1) % CHANGES_MAX]!;
  }

  /** Replaces the newest of a full queue, and leaves its instant. */
  replaceLast(value: number): void {
    this.#values[(this.#head + CHANGES_MAX - 1) % CHANGES_MAX] = value;
  }
}
