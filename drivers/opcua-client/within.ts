// Waiting with a bound, because the library's own bounds are not ours to rely on.

import type { Timers } from "../../runtime/signal/timers.ts";

/** What the promise gives, or null where it takes longer. */
export function within<Value>(
  timers: Timers,
  boundMs: number,
  promise: Promise<Value>,
): Promise<Value | null> {
  return new Promise((resolve, reject) => {
    const timer = timers.after(boundMs, () => resolve(null));
    // Late results and late errors come to nobody: the promise here is settled by then.
    promise.then(resolve, reject).finally(() => timer.cancel());
  });
}

/** For an end whose failure changes nothing: resolves in either case. */
export function settled(promise: Promise<unknown>): Promise<void> {
  return promise.then(
    () => undefined,
    () => undefined,
  );
}
