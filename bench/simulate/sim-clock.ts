// The time of a simulated world, and the clocks of a controller in it: a monotonic one that begins
// anew with each boot and stands still in a suspend, and a wall clock that may be wrong or absent.

import type { Clock, Instant, Mono, TimeQuality } from "../../runtime/signal/instant.ts";

/** 2026-01-01T00:00:00Z: when each world begins. */
export const WORLD_BEGINS_UTC = Date.UTC(2026, 0, 1);

/** Milliseconds since the world began. A crystal's drift is no matter here: hours are its ticks. */
export interface WorldTime {
  now: number;
}

export interface WallClock {
  /** How far it is from the truth; null where it stands at 1970. */
  errorMs: number | null;
  /** A time daemon says so, and is right. */
  isSynchronised: boolean;
}

const SYNCHRONISED_ERROR_MS = 1_000;
/** As the host's clock: it follows the wall clock when they are this far apart. */
const REANCHOR_MS = 250;

export class SimClock implements Clock {
  readonly boot: string;
  readonly wall: WallClock;
  readonly #time: WorldTime;
  /** World time at which the monotonic clock stood at zero; a suspend moves it. */
  #zeroAt: number;
  #suspendedMs = 0;
  /** Wall time at monotonic zero, as the last look found it. */
  #offset = 0;
  #quality: TimeQuality = "U";

  /** @param startedMs what the clock says when the meter first starts in this boot. */
  constructor(time: WorldTime, boot: string, startedMs: number, wall: WallClock) {
    this.boot = boot;
    this.wall = wall;
    this.#time = time;
    this.#zeroAt = time.now - startedMs;
    this.look();
  }

  mono(): Mono {
    return this.#time.now - this.#zeroAt;
  }

  /** Time since boot with all suspends, as /proc/uptime tells it. */
  sinceBoot(): number {
    return this.mono() + this.#suspendedMs;
  }

  /** The world went on for so long and the monotonic clock did not. */
  suspend(forMs: number): void {
    this.#time.now += forMs;
    this.#zeroAt += forMs;
    this.#suspendedMs += forMs;
  }

  instantAt(mono: Mono): Instant {
    const boot = this.boot;
    const tq = this.#quality;
    if (tq === "U") return { boot, mono, utc: null, tq, err: null };
    const err = tq === "S" ? SYNCHRONISED_ERROR_MS : null;
    return { boot, mono, utc: mono + this.#offset, tq, err };
  }

  /** How far the wall clock has moved against the monotonic one; the host looks each second. */
  look(): number {
    const { errorMs, isSynchronised } = this.wall;
    this.#quality = errorMs === null ? "U" : isSynchronised ? "S" : "I";
    const utc = errorMs === null ? 0 : WORLD_BEGINS_UTC + this.#zeroAt + errorMs;
    const movedMs = utc - this.#offset;
    if (Math.abs(movedMs) >= REANCHOR_MS) this.#offset = utc;
    return movedMs;
  }
}
