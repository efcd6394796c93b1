// A clock that stands still until the recording moves it, with its timers: a month of a machine's
// life goes through the meter in seconds, and twice the same.

import assert from "node:assert/strict";
import { SIMULATED_BOOT_PREFIX } from "../../../runtime/journal/reader.ts";
import type { Clock, Instant, Mono } from "../../../runtime/signal/instant.ts";
import type { Timer, Timers } from "../../../runtime/signal/timers.ts";

interface Pending {
  dueAt: Mono;
  /** Calls that are due together run in the order in which they were asked for. */
  readonly order: number;
  readonly periodMs: number | null;
  readonly run: () => void;
}

export class VirtualTime implements Clock, Timers {
  /** Named as simulated, so that nobody can mistake it for time that was measured. */
  readonly boot = `${SIMULATED_BOOT_PREFIX}replay`;
  readonly #utcAtZero: number | null;
  #now: Mono;
  #ordersGiven = 0;
  /** A handful: ticks, looks and saves of one meter. */
  readonly #pending = new Set<Pending>();

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
    return this.#add(delayMs, null, run);
  }

  every(periodMs: number, run: () => void): Timer {
    assert(periodMs > 0, "a period is longer than nothing");
    return this.#add(periodMs, periodMs, run);
  }

  /** Runs what falls due until then, each at its own instant. Time never goes back. */
  advanceTo(until: Mono): void {
    for (let next = this.#nextDue(until); next !== null; next = this.#nextDue(until)) {
      this.#now = Math.max(this.#now, next.dueAt);
      if (next.periodMs === null) this.#pending.delete(next);
      else next.dueAt += next.periodMs;
      next.run();
    }
    this.#now = Math.max(this.#now, until);
  }

  #add(delayMs: number, periodMs: number | null, run: () => void): Timer {
    const pending = { dueAt: this.#now + delayMs, order: this.#ordersGiven++, periodMs, run };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  #nextDue(until: Mono): Pending | null {
    let next: Pending | null = null;
    for (const pending of this.#pending) {
      if (pending.dueAt > until) continue;
      const isEarlier = next === null || pending.dueAt < next.dueAt;
      const isFirst = next?.dueAt === pending.dueAt && pending.order < next.order;
      if (isEarlier || isFirst) next = pending;
    }
    return next;
  }
}
