// The mean of a signal over the time behind it, the nearer time counting more.

/**
 * Exponentially weighted mean over time; time that is not known does not pass for it, so that what
 * was usual before a night is still known in the morning.
 */
export class TimeWeightedMean {
  readonly #timeMs: number;
  #sum = 0;
  #weight = 0;

  constructor(timeMs: number) {
    this.#timeMs = timeMs;
  }

  get mean(): number {
    return this.#sum / this.#weight;
  }

  add(value: number, forMs: number): void {
    const gained = 1 - Math.exp(-forMs / this.#timeMs);
    this.#sum += gained * (value - this.#sum);
    this.#weight += gained * (1 - this.#weight);
  }

  /** Of the past, from now on. */
  fade(forMs: number): void {
    const kept = Math.exp(-forMs / this.#timeMs);
    this.#sum *= kept;
    this.#weight *= kept;
  }

  /** 0 at first, near 1 after some of its times. */
  get weight(): number {
    return this.#weight;
  }
}
