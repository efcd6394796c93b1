// Calls that wait for their instant, in a time that somebody moves by hand: a test's clock, and
// the time of a recording that is replayed.

import type { Mono } from "./instant.ts";
import type { Timer } from "./timers.ts";

interface DueCall {
  dueAt: Mono;
  /** Calls that are due together run in the order in which they were asked for. */
  readonly order: number;
  readonly periodMs: number | null;
  readonly run: () => void;
}

export class DueCalls {
  /** A handful: ticks, looks and saves of one meter. */
  readonly #calls = new Set<DueCall>();
  #ordersGiven = 0;

  get size(): number {
    return this.#calls.size;
  }

  /** @param periodMs after which it is due again; null for once. */
  add(dueAt: Mono, periodMs: number | null, run: () => void): Timer {
    const call = { dueAt, order: this.#ordersGiven++, periodMs, run };
    this.#calls.add(call);
    return { cancel: () => void this.#calls.delete(call) };
  }

  clear(): void {
    this.#calls.clear();
  }

  /**
   * The next one that is due until then, with its instant; it is gone, or waits for its next
   * period. Null where none is.
   */
  take(until: Mono): { readonly dueAt: Mono; readonly run: () => void } | null {
    let next: DueCall | null = null;
    for (const call of this.#calls) {
      if (call.dueAt > until) continue;
      const isEarlier = next === null || call.dueAt < next.dueAt;
      const isFirst = next?.dueAt === call.dueAt && call.order < next.order;
      if (isEarlier || isFirst) next = call;
    }
    if (next === null) return null;
    const { dueAt, periodMs, run } = next;
    if (periodMs === null) this.#calls.delete(next);
    else next.dueAt += periodMs;
    return { dueAt, run };
  }
}
