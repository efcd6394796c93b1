// How long to wait before a process that ended is started again.

/** Waits in a row of quick ends; the last one repeats. */
const WAITS_MS = [1_000, 2_000, 5_000, 15_000, 60_000] as const;
/** A process that ran for this long was healthy: the row begins anew. */
const HEALTHY_MS = 60_000;

export class Backoff {
  #failures = 0;

  /** @param ranMs how long the process ran before it ended. */
  next(ranMs: number): number {
    if (ranMs >= HEALTHY_MS) this.#failures = 0;
    const wait = WAITS_MS[Math.min(this.#failures, WAITS_MS.length - 1)]!;
    this.#failures++;
    return wait;
  }
}
