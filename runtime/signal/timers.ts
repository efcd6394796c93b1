// Waiting, handed in like the clock, so that a month of a machine's life runs in seconds.

/** A pending call. `cancel` is harmless after it has run. */
export interface Timer {
  cancel(): void;
}

export interface Timers {
  after(delayMs: number, run: () => void): Timer;
  /** Calls `run` each `periodMs`; late calls are skipped, never made up for in a burst. */
  every(periodMs: number, run: () => void): Timer;
}

/** Resolves after the delay, or at once when the signal is aborted. */
export function sleep(timers: Timers, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      timer.cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = timers.after(delayMs, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}

/** Resolves when `done` does, or after the wait, whichever is first. Rejects as `done` does. */
export async function atMost(timers: Timers, waitMs: number, done: Promise<void>): Promise<void> {
  const settled = new AbortController();
  await Promise.race([done.finally(() => settled.abort()), sleep(timers, waitMs, settled.signal)]);
}
