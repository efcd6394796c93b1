// Keeps the hardware watchdog quiet for as long as work is done: time is settled, and the journal's
// thread answers. A meter that hangs, or runs and does neither, is reset with its controller.

import type { Timer, Timers } from "../../runtime/signal/timers.ts";

/** Where the kernel does not tell the time that the hardware gives: all known ones give more. */
const PET_MS_DEFAULT = 2_500;
const PET_MS_MIN = 250;
/** Often enough for any hardware, and rarely enough for a log of the device's driver. */
const PET_MS_MAX = 5_000;
/** Looks in each of the hardware's times: one late look must not be a reset. */
const LOOKS_PER_TIMEOUT = 4;

/** What tells that work was done, looked at each time. */
export interface WorkSigns {
  /** Until when time is settled; it moves with each tick of the metering. */
  readonly settledAt: number;
  readonly committedSeq: number;
  readonly pendingRows: number;
  /**
   * The storage thread says that the disk takes nothing. That is an answer, and a reset would only
   * lose the rows that wait.
   */
  readonly isRefused: boolean;
}

export interface Watchdog {
  pet(): void;
  close(options: { readonly disarm: boolean }): void;
}

export interface WatchdogKeeperOptions {
  readonly watchdog: Watchdog;
  /** What the hardware gives; null where nobody knows. */
  readonly timeoutMs: number | null;
  /** How often rows become durable: for so long, waiting rows are no sign of anything. */
  readonly commitEveryMs: number;
  readonly work: () => WorkSigns;
  readonly timers: Timers;
  readonly now: () => number;
  /** The device takes nothing any more; it is not written to again, and hours go on. */
  readonly onFailure: (error: unknown) => void;
}

/** A commit takes a sync; on a worn card a few seconds. */
const COMMIT_MS_MAX = 10_000;

export class WatchdogKeeper {
  readonly #options: WatchdogKeeperOptions;
  readonly #timer: Timer;
  #settledAt = -1;
  #committedSeq = -1;
  /** When the journal last answered, or had nothing to do. */
  #storedAt: number;
  #isLost = false;

  constructor(options: WatchdogKeeperOptions) {
    this.#options = options;
    this.#storedAt = options.now();
    options.watchdog.pet();
    this.#timer = options.timers.every(petEveryMs(options.timeoutMs), () => this.#look());
  }

  /** Disarms it for a stop that was asked for; any other end leaves it to the hardware. */
  close(isAsked: boolean): void {
    this.#timer.cancel();
    if (!this.#isLost) this.#options.watchdog.close({ disarm: isAsked });
  }

  #look(): void {
    const { work, now, commitEveryMs, watchdog, onFailure } = this.#options;
    const { settledAt, committedSeq, pendingRows, isRefused } = work();
    const at = now();
    if (committedSeq !== this.#committedSeq || pendingRows === 0 || isRefused) this.#storedAt = at;
    const stores = at - this.#storedAt < commitEveryMs + COMMIT_MS_MAX;
    const counts = settledAt !== this.#settledAt;
    this.#settledAt = settledAt;
    this.#committedSeq = committedSeq;
    if (!counts || !stores) return;
    try {
      watchdog.pet();
    } catch (error) {
      this.#isLost = true;
      this.#timer.cancel();
      onFailure(error);
    }
  }
}

function petEveryMs(timeoutMs: number | null): number {
  if (timeoutMs === null) return PET_MS_DEFAULT;
  return Math.min(PET_MS_MAX, Math.max(PET_MS_MIN, Math.floor(timeoutMs / LOOKS_PER_TIMEOUT)));
}
