// After this program was held up, timers run before the bytes are looked at that came meanwhile:
// to a timer a line then seems silent that is not. Whoever decides by silence looks once more.

import type { Clock } from "../../runtime/signal/instant.ts";
import { sleep, type Timers } from "../../runtime/signal/timers.ts";

/** Time in which bytes that wait in the kernel are read. */
const LOOK_MS = 5;

/** A look that took longer was held up itself. */
const HELD_UP_MS = 15;

/** On a machine that is always held up something has to be decided all the same. */
const LOOKS_MAX = 10;

/** Resolves after a look at the line that was not held up, or when the signal is aborted. */
export async function undelayedLook(
  clock: Clock,
  timers: Timers,
  signal: AbortSignal,
): Promise<void> {
  for (let looks = 0; looks < LOOKS_MAX && !signal.aborted; looks++) {
    const begunAt = clock.mono();
    await sleep(timers, LOOK_MS, signal);
    if (clock.mono() - begunAt <= HELD_UP_MS) return;
  }
}

/** Whether a timer that was due then was held up on its way. */
export function isHeldUp(clock: Clock, dueAt: number): boolean {
  return clock.mono() - dueAt > HELD_UP_MS - LOOK_MS;
}
