// Pulses per second from the instants that the kernel gave to pulses: whole periods divided by
// the time that they took, so that the figure does not depend on when somebody looks.

/** Where the count stood at a pulse. */
interface Mark {
  readonly pulses: number;
  readonly atMs: number;
}

export interface PulseRateLimits {
  readonly windowMs: number;
  readonly timeoutMs: number;
}

export class PulseRate {
  readonly #limits: PulseRateLimits;
  /**
   * Oldest first: one before the window, and one for each look within it. Their number is bounded
   * by the window and the period of the looks, which are settings with limits.
   */
  readonly #marks: Mark[] = [];
  #pulses = 0;
  #lastMs: number;
  #stands = false;

  /** Begins now: for a timeout nobody knows whether the machine turns slowly or stands. */
  constructor(limits: PulseRateLimits, nowMs: number) {
    this.#limits = limits;
    this.#lastMs = nowMs;
  }

  /** Hot path: some thousand per second and line. */
  pulse(atMs: number): void {
    this.#pulses++;
    this.#lastMs = atMs;
    if (this.#marks.length === 0) this.#mark();
  }

  /** Pulses are missing before now: no period may reach across. */
  restart(nowMs: number): void {
    this.#marks.length = 0;
    this.#stands = false;
    this.#lastMs = nowMs;
  }

  /** Pulses per second; null while nothing is known yet. Call it regularly. */
  at(nowMs: number): number | null {
    const sinceMs = nowMs - this.#lastMs;
    if (sinceMs >= this.#limits.timeoutMs) {
      this.#marks.length = 0;
      this.#stands = true;
      return 0;
    }
    const newest = this.#marks.at(-1);
    if (newest !== undefined && newest.atMs !== this.#lastMs) this.#mark();
    this.#forget(nowMs - this.#limits.windowMs);
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    // After a standstill the first pulse alone says no more than that it begins to move.
    if (first === undefined || last === undefined || first === last) return this.#stands ? 0 : null;
    this.#stands = false;
    const periodMs = (last.atMs - first.atMs) / (last.pulses - first.pulses);
    // A whole pulse is overdue: the period that lasts already is the truth about a machine that
    // stops. One that is a little late is the unevenness of every pulse wheel.
    return 1_000 / (sinceMs > 2 * periodMs ? sinceMs : periodMs);
  }

  /** How many instants are kept, whatever the number of pulses. */
  get marks(): number {
    return this.#marks.length;
  }

  #mark(): void {
    this.#marks.push({ pulses: this.#pulses, atMs: this.#lastMs });
  }

  /** Keeps one mark from before the window, and always two where there are two. */
  #forget(beginMs: number): void {
    while (this.#marks.length > 2 && this.#marks[1]!.atMs <= beginMs) this.#marks.shift();
  }
}
