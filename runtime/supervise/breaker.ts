// The circuit breaker of one device: after some failures in a row it lets the device rest, for
// longer each time, so that a dead device costs the others nothing. A state machine without a
// clock: `now` is an argument.

import type { Mono } from "../signal/instant.ts";

export interface BreakerLimits {
  /** So many failures in a row open the breaker. */
  readonly failuresMax: number;
  /** The first rest; each further one is twice as long. */
  readonly restMinMs: number;
  readonly restMaxMs: number;
  /**
   * So many successes in a row forget the length of the last rest. With one success enough, a
   * device that answers now and then would be tried, and its state recorded, every few seconds for
   * years.
   */
  readonly successesToForget: number;
}

export const BREAKER_LIMITS: BreakerLimits = {
  failuresMax: 3,
  restMinMs: 1_000,
  restMaxMs: 300_000,
  successesToForget: 10,
};

/**
 * `closed` lets every attempt pass, `open` none, `half-open` one probe whose outcome is awaited.
 */
export type BreakerState = "closed" | "open" | "half-open";

export class Breaker {
  readonly #limits: BreakerLimits;
  #state: BreakerState = "closed";
  #failures = 0;
  #successes = 0;
  /** Length of the last rest; 0 where none is remembered. */
  #restMs = 0;
  #retryAt: Mono = 0;

  constructor(limits: BreakerLimits = BREAKER_LIMITS) {
    this.#limits = limits;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** When the next probe may pass; meaningful while the breaker is open. */
  get retryAt(): Mono {
    return this.#retryAt;
  }

  /** Whether an attempt may begin now. After `true` the outcome must be reported. */
  allows(now: Mono): boolean {
    if (this.#state === "closed") return true;
    if (this.#state === "half-open" || now < this.#retryAt) return false;
    this.#state = "half-open";
    return true;
  }

  succeeded(successes = 1): void {
    this.#state = "closed";
    this.#failures = 0;
    this.#successes += successes;
    if (this.#successes >= this.#limits.successesToForget) this.#restMs = 0;
  }

  /** @param restMaxMs for a failure that cost nobody anything, less than the usual rest. */
  failed(now: Mono, restMaxMs = this.#limits.restMaxMs): void {
    const { failuresMax, restMinMs } = this.#limits;
    this.#failures += 1;
    this.#successes = 0;
    if (this.#state === "closed" && this.#failures < failuresMax) return;
    this.#state = "open";
    this.#restMs = Math.min(restMaxMs, Math.max(restMinMs, this.#restMs * 2));
    this.#retryAt = now + this.#restMs;
  }
}
