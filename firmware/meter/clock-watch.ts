// Watches the clocks of this controller for what must not become an hour: a wall clock that was
// set, a suspend, a process that did not run. It only compares; what follows is the metering's.

import type { Clock, Mono, TimeQuality } from "../../runtime/signal/instant.ts";

/**
 * A tick that comes later than this found the process stopped: nobody can say what the machine did
 * in between. Far above what a busy controller delays a timer by.
 */
export const STOPPED_MS = 5_000;
/**
 * Time since boot is read in steps of 10 ms from another file than the clock: this much is noise.
 */
const SUSPEND_MS_MIN = 1_000;

export interface ClockEvents {
  /** @param addedMs milliseconds of it that the monotonic clock did not count. */
  gap(cause: "suspend" | "stopped", forMs: number, addedMs: number, now: Mono): void;
  /** The wall clock has become believable, or more believable. */
  anchor(source: "ntp" | "rtc", now: Mono): void;
}

export interface ClockWatchOptions {
  readonly clock: Clock;
  /** Milliseconds since boot with suspends; null where the system does not tell. */
  readonly sinceBoot: () => number | null;
  readonly events: ClockEvents;
}

export class ClockWatch {
  readonly #options: ClockWatchOptions;
  #lookedAt: Mono;
  /** Time since boot beyond the monotonic clock: grows by each suspend. */
  #suspendedMs: number | null;
  #quality: TimeQuality = "U";

  constructor(options: ClockWatchOptions) {
    this.#options = options;
    this.#lookedAt = options.clock.mono();
    this.#suspendedMs = this.#suspended(this.#lookedAt);
  }

  /** Call before each tick of the metering. */
  look(): void {
    const { clock, events } = this.#options;
    const now = clock.mono();
    const ranMs = now - this.#lookedAt;
    this.#lookedAt = now;
    const suspended = this.#suspended(now);
    this.#suspendedMs ??= suspended;
    const addedMs = suspended === null ? 0 : suspended - this.#suspendedMs!;
    if (addedMs >= SUSPEND_MS_MIN) {
      this.#suspendedMs = suspended;
      events.gap("suspend", addedMs, addedMs, now);
    } else if (ranMs >= STOPPED_MS) {
      events.gap("stopped", ranMs, 0, now);
    }
    this.#lookAtQuality(now);
  }

  #lookAtQuality(now: Mono): void {
    const { clock, events } = this.#options;
    const { tq } = clock.instantAt(now);
    if (tq === this.#quality) return;
    this.#quality = tq;
    if (tq === "S") events.anchor("ntp", now);
    else if (tq === "I") events.anchor("rtc", now);
  }

  #suspended(now: Mono): number | null {
    const sinceBoot = this.#options.sinceBoot();
    return sinceBoot === null ? null : sinceBoot - now;
  }
}
