// A clock that stands still until the recording moves it, with its timers: a month of a machine's
// life goes through the meter in seconds, and twice the same.

import assert from "node:assert/strict";
import { SIMULATED_BOOT_PREFIX } from "../../../runtime/journal/reader.ts";
import { DueCalls } from "../../../runtime/signal/due-calls.ts";
import type { Clock, Instant, Mono } from "../../../runtime/signal/instant.ts";
import type { Timer, Timers } from "../../../runtime/signal/timers.ts";

export class VirtualTime implements Clock, Timers {
  /** Named as simulated, so that nobody can mistake it for time that was measured. */
  readonly boot = `${SIMULATED_BOOT_PREFIX}replay`;
  readonly #utcAtZero: number | null;
  #now: Mono;
  readonly #calls = new DueCalls();

  /** @param utc wall time at the beginning; null where the recording has none. */
  constructor(startsAt: Mono, utc: number | null) {
    this.#now = startsAt;
    this.#utcAtZero = utc === null ? null : utc - startsAt;
  }

  mono(): Mono {
    return Math.floor(this.#now);
  }

  instantAt(mono: Mono): Instant {
    const { boot } = this;
    if (this.#utcAtZero === null) return { boot, mono, utc: null, tq: "U", err: null };
    return { boot, mono, utc: this.#utcAtZero + mono, tq: "R", err: null };
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#calls.add(this.#now + delayMs, null, run);
  }

  every(periodMs: number, run: () => void): Timer {
    assert(periodMs > 0, "a period is longer than nothing");
    return this.#calls.add(this.#now + periodMs, periodMs, run);
  }

  /** Runs what falls due until then, each at its own instant. Time never goes back. */
  advanceTo(until: Mono): void {
    for (let next = this.#calls.take(until); next !== null; next = this.#calls.take(until)) {
      this.#now = Math.max(this.#now, next.dueAt);
      next.run();
    }
    this.#now = Math.max(this.#now, until);
  }
}
