// A level that counts once it has held: for sysfs, where the kernel does not do it. The instant
// is the one at which the level had held, as it is where the kernel does it: both edges of a run
// are late by the same.

import type { Timer, Timers } from "../../runtime/signal/timers.ts";
import type { Level } from "./backend.ts";

export interface DebouncerParts {
  readonly timers: Timers;
  readonly debounceMs: number;
  readonly initial: Level;
  settled(level: Level): void;
}

export class Debouncer {
  readonly #parts: DebouncerParts;
  #accepted: Level;
  #pending: Timer | null = null;

  constructor(parts: DebouncerParts) {
    this.#parts = parts;
    this.#accepted = parts.initial;
  }

  /** The level that has held. */
  get level(): Level {
    return this.#accepted;
  }

  /** The line was seen to have this level now, after any number of changes. */
  seen(level: Level): void {
    this.#pending?.cancel();
    this.#pending = null;
    if (level === this.#accepted) return;
    this.#pending = this.#parts.timers.after(this.#parts.debounceMs, () => {
      this.#pending = null;
      this.#accepted = level;
      this.#parts.settled(level);
    });
  }

  /**
   * The line was looked at without being asked to: what an edge that never came would have said.
   * A change that is known already goes on waiting.
   */
  looked(level: Level): void {
    const isKnown = (level !== this.#accepted) === (this.#pending !== null);
    if (!isKnown) this.seen(level);
  }

  close(): void {
    this.#pending?.cancel();
    this.#pending = null;
  }
}
