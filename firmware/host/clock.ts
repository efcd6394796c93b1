// The controller's real clocks behind the core's interface.

import type { Clock, Instant, Mono, TimeQuality } from "../../runtime/signal/instant.ts";

/** Wall time is tied to monotonic time anew when the two have drifted apart by this much. */
const REANCHOR_MS = 250;
/** Error bound of a synchronised clock: re-anchoring plus what a time daemon tolerates. */
const SYNCHRONISED_ERROR_MS = 1_000;
/** A wall clock before this has never been set. */
const PLAUSIBLE_SINCE = Date.UTC(2025, 0, 1);
const NANOSECONDS_PER_MS = 1_000_000n;

/** Seconds since 1970 by this computer's clock; null where nobody has ever set it. */
export function wallSeconds(): number | null {
  const now = Date.now();
  return now < PLAUSIBLE_SINCE ? null : Math.floor(now / 1_000);
}

/** Milliseconds of a clock that never goes back. */
export function monoMs(): Mono {
  return Number(process.hrtime.bigint() / NANOSECONDS_PER_MS);
}

export interface HostClockOptions {
  readonly boot: string;
  /** Whether a time daemon says now that the wall clock is synchronised. */
  readonly synchronised: () => boolean;
  /**
   * Called when the wall clock was set: by how many milliseconds it moved against the monotonic.
   */
  readonly onStep?: (byMs: number) => void;
}

/** A step is a movement that no slewing explains. */
const STEP_MS = 1_000;

export class HostClock implements Clock {
  readonly boot: string;
  readonly #options: HostClockOptions;
  #offset: number;
  #quality: TimeQuality = "U";

  constructor(options: HostClockOptions) {
    this.boot = options.boot;
    this.#options = options;
    this.#offset = Date.now() - this.mono();
    this.look();
  }

  mono(): Mono {
    return monoMs();
  }

  instantAt(mono: Mono): Instant {
    const utc = mono + this.#offset;
    const tq = this.#quality;
    if (tq === "U") return { boot: this.boot, mono, utc: null, tq, err: null };
    return { boot: this.boot, mono, utc, tq, err: tq === "S" ? SYNCHRONISED_ERROR_MS : null };
  }

  /** Compares the two clocks and asks whether the wall clock is synchronised. Call each second. */
  look(): void {
    const offset = Date.now() - this.mono();
    const movedBy = offset - this.#offset;
    if (Math.abs(movedBy) >= REANCHOR_MS) {
      this.#offset = offset;
      if (Math.abs(movedBy) >= STEP_MS) this.#options.onStep?.(movedBy);
    }
    if (Date.now() < PLAUSIBLE_SINCE) this.#quality = "U";
    else this.#quality = this.#options.synchronised() ? "S" : "I";
  }
}

/** Milliseconds since 1970 by the computer that a command runs on, whatever that is worth. */
export function wallTime(): number {
  return Date.now();
}
