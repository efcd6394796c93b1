// Runs a driver's scan to its end, or to the person's: what is found is told as it comes, and a
// scan that does not hear that it should stop is left behind.

import type { Driver, Found, ScanContext } from "../../drivers/driver.ts";
import { sleep } from "../../runtime/signal/timers.ts";

/** Who finds more than this has a line full of noise, not a machine. */
const FOUND_MAX = 10_000;

/** A scan that was stopped puts the hardware back; it has this long for it. */
const STOP_MS_MAX = 3_000;

export interface ScanParts extends Omit<ScanContext<unknown>, "settings"> {
  readonly driver: Driver;
  readonly settings: unknown;
  readonly onFound: (found: Found) => void;
}

/** Gives all that was found. Rejects with the driver's Fault where it cannot look. */
export async function scanBus(parts: ScanParts): Promise<readonly Found[]> {
  const { driver, onFound, stop, timers } = parts;
  const found: Found[] = [];
  const { settings, clock, log } = parts;
  const context = { settings, clock, timers, log, stop, progress: parts.progress };
  const things = driver.scan?.(context)[Symbol.asyncIterator]();
  if (things === undefined) return found;
  const leftBehind = lateAfter(stop, parts);
  while (found.length < FOUND_MAX) {
    const next = await Promise.race([things.next(), leftBehind.promise]);
    if (next === null || next.done) break;
    found.push(next.value);
    onFound(next.value);
  }
  leftBehind.cancel();
  // Ends a scan that has more to tell; nobody waits for one that does not hear.
  if (!stop.aborted) await Promise.race([things.return?.(), sleep(timers, STOP_MS_MAX)]);
  return found;
}

/** Resolves with null a while after the stop. */
function lateAfter(stop: AbortSignal, { timers }: ScanParts) {
  const ended = new AbortController();
  const late = Promise.withResolvers<null>();
  const begin = () => {
    void sleep(timers, STOP_MS_MAX, ended.signal).then(() => late.resolve(null));
  };
  if (stop.aborted) begin();
  else stop.addEventListener("abort", begin, { once: true });
  return {
    promise: late.promise,
    cancel() {
      stop.removeEventListener("abort", begin);
      ended.abort();
    },
  };
}
