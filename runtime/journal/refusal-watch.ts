// What is known of a disk that takes nothing: since when, why, and when it took rows again. A
// refusal can last for days and comes anew every two seconds, so that it is told sparingly.

import type { Clock, Mono } from "../signal/instant.ts";
import type { Log } from "../signal/log.ts";

/** A full disk must not be filled further by the log that says so. */
const LOG_EVERY_MS = 60_000;

export interface Refusal {
  readonly since: Mono;
  /** The latest reason, in the words of the database. */
  readonly reason: string;
}

/** The detail of the record that follows a refusal. */
export interface RefusalEnd {
  readonly refusedMs: number;
  readonly waitedRows: number;
}

export class RefusalWatch {
  readonly #file: string;
  readonly #clock: Pick<Clock, "mono">;
  readonly #log: Log;
  #refusal: Refusal | null = null;
  #toldAt: Mono = 0;

  /** @param file as the log names it: `the journal`. */
  constructor(file: string, clock: Pick<Clock, "mono">, log: Log) {
    this.#file = file;
    this.#clock = clock;
    this.#log = log;
  }

  /** Null while the disk takes what it is given. */
  get refusal(): Refusal | null {
    return this.#refusal;
  }

  refused(reason: string, pendingRows: number): void {
    const now = this.#clock.mono();
    const begins = this.#refusal === null;
    this.#refusal = { since: this.#refusal?.since ?? now, reason };
    if (!begins && now - this.#toldAt < LOG_EVERY_MS) return;
    this.#toldAt = now;
    const refusedMs = now - this.#refusal.since;
    this.#log.error(`${this.#file} could not be written`, { reason, pendingRows, refusedMs });
  }

  /** Call at each commit. Gives what to put on record where a refusal has ended with it. */
  written(waitedRows: number): RefusalEnd | null {
    if (this.#refusal === null) return null;
    const refusedMs = this.#clock.mono() - this.#refusal.since;
    this.#refusal = null;
    this.#log.warn(`${this.#file} is written again`, { refusedMs, waitedRows });
    return { refusedMs, waitedRows };
  }
}
