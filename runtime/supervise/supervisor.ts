// Keeps one process alive: starts it, waits for its end, says why it ended, starts it again after a
// back-off. It never asks the process how it feels; an end is the only thing it acts on.

import type { Clock, Mono } from "../signal/instant.ts";
import type { Timer, Timers } from "../signal/timers.ts";
import { Backoff } from "./backoff.ts";

/** A running process, as the host offers it. */
export interface ManagedProcess {
  readonly pid: number;
  /** Called once, with the reason in words. */
  onEnd(listener: (cause: string) => void): void;
  /** Asks it to stop cleanly. */
  stop(): void;
  kill(): void;
}

export interface Restart {
  readonly process: string;
  /** How it ended, in words: a status, a signal, and what it said of itself before. */
  readonly cause: string;
  readonly ranMs: number;
  readonly waitMs: number;
}

export interface SupervisorOptions {
  readonly name: string;
  readonly start: () => ManagedProcess;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Called at each unexpected end, before the wait. */
  readonly onRestart: (restart: Restart) => void;
}

/**
 * A process that has not stopped by then is ended by force. A clean stop is promised within 5 s;
 * the rest is for the end of what is killed.
 */
const STOP_MS = 4_800;

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #backoff = new Backoff();
  #process: ManagedProcess | null = null;
  #startedAt: Mono = 0;
  #wait: Timer | null = null;
  #stopped: ((cause: string) => void) | null = null;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  start(): void {
    const { start, clock } = this.#options;
    this.#startedAt = clock.mono();
    const started = start();
    this.#process = started;
    started.onEnd((cause) => this.#ended(cause));
  }

  /**
   * Resolves when the process has ended, with how it did, or null where it was not running; by
   * force after STOP_MS.
   */
  async stop(): Promise<string | null> {
    this.#wait?.cancel();
    const running = this.#process;
    if (running === null) {
      this.#stopped = () => undefined;
      return null;
    }
    const ended = new Promise<string>((resolve) => {
      this.#stopped = resolve;
    });
    running.stop();
    const force = this.#options.timers.after(STOP_MS, () => running.kill());
    const cause = await ended;
    force.cancel();
    return cause;
  }

  #ended(cause: string): void {
    this.#process = null;
    if (this.#stopped) {
      this.#stopped(cause);
      return;
    }
    const { name, clock, timers, onRestart } = this.#options;
    const ranMs = clock.mono() - this.#startedAt;
    const waitMs = this.#backoff.next(ranMs);
    this.#wait = timers.after(waitMs, () => this.start());
    onRestart({ process: name, cause, ranMs, waitMs });
  }
}
