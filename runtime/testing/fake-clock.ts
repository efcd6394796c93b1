// A clock and its timers for tests: time stands still until a test moves it, so that a month of a
// machine's life runs in milliseconds and twice the same.

import assert from "node:assert/strict";
import { DueCalls } from "../signal/due-calls.ts";
import type { Clock, Instant, Mono, TimeQuality } from "../signal/instant.ts";
import type { Timer, Timers } from "../signal/timers.ts";

/** What the wall clock says at monotonic zero, and how far it can be believed. */
export interface WallTime {
  /** Milliseconds since 1970 at `mono` 0; null for a boot without a clock. */
  readonly utcAtZero: number | null;
  readonly tq: TimeQuality;
  readonly err: number | null;
}

/** A leap that runs more calls than this is a timer that arms itself at once, forever. */
const CALLS_PER_LEAP_MAX = 10_000_000;

/** 2026-01-01T00:00:00Z, a date that a reader of a failing test recognises. */
const DEFAULT_WALL: WallTime = { utcAtZero: 1_767_225_600_000, tq: "S", err: 10 };

export class FakeClock implements Clock, Timers {
  boot: string;
  wall: WallTime;
  #mono: Mono;
  readonly #calls = new DueCalls();

  constructor(options: { boot?: string; mono?: Mono; wall?: WallTime } = {}) {
    this.boot = options.boot ?? "boot-1";
    this.wall = options.wall ?? DEFAULT_WALL;
    this.#mono = options.mono ?? 0;
  }

  mono(): Mono {
    return this.#mono;
  }

  instantAt(mono: Mono): Instant {
    const { utcAtZero, tq, err } = this.wall;
    return { boot: this.boot, mono, utc: utcAtZero === null ? null : utcAtZero + mono, tq, err };
  }

  /** The wall clock jumps, as a synchronisation or a hand does it; monotonic time does not. */
  stepWall(byMs: number): void {
    const { utcAtZero } = this.wall;
    assert(utcAtZero !== null, "a boot without a wall clock cannot step it");
    this.wall = { ...this.wall, utcAtZero: utcAtZero + byMs };
  }

  /** Power was cut: pending calls are gone and monotonic time starts again in another boot. */
  reboot(boot: string, mono: Mono = 0): void {
    assert(boot !== this.boot, "another boot has another id");
    this.boot = boot;
    this.#mono = mono;
    this.#calls.clear();
  }

  after(delayMs: number, run: () => void): Timer {
    assert(delayMs >= 0, "a delay is not negative");
    return this.#calls.add(this.#mono + delayMs, null, run);
  }

  every(periodMs: number, run: () => void): Timer {
    assert(periodMs > 0, "a period is longer than nothing");
    return this.#calls.add(this.#mono + periodMs, periodMs, run);
  }

  /** How many calls wait: a component that was closed leaves none behind. */
  get pendingCalls(): number {
    return this.#calls.size;
  }

  /** Moves time on and runs what falls due, in order, each at its own instant. */
  advance(byMs: number): void {
    assert(byMs >= 0, "monotonic time does not go back");
    const until = this.#mono + byMs;
    for (let calls = 0; ; calls++) {
      assert(calls < CALLS_PER_LEAP_MAX, "a timer arms itself without end");
      const next = this.#calls.take(until);
      if (next === null) break;
      this.#mono = next.dueAt;
      next.run();
    }
    this.#mono = until;
  }

  /**
   * Like `advance` in steps, letting promises settle after each: for code that awaits between
   * timers.
   */
  async advanceAsync(byMs: number, stepMs = byMs): Promise<void> {
    assert(stepMs > 0 || byMs === 0, "a step moves time");
    await settle();
    for (let left = byMs; left > 0; left -= stepMs) {
      this.advance(Math.min(stepMs, left));
      await settle();
    }
  }
}

/** Lets every promise that can settle without I/O settle: the host's queue runs once in between. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
