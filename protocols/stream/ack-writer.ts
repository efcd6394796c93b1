// Hands a consumer's acknowledgements on to the journal. Each is a synced transaction there, so
// only the newest is written, one at a time and at most one a second.

import type { Timer, Timers } from "../../runtime/signal/timers.ts";
import { type StreamSource, Unanswerable } from "./source.ts";

/** A crash costs the consumer at most this much of reading again. */
const WRITE_EVERY_MS = 1_000;

export class AckWriter {
  readonly #consumer: string;
  readonly #source: StreamSource;
  readonly #timers: Timers;
  readonly #onFailure: (error: unknown) => void;
  #wanted: number;
  #written: number;
  #isWriting = false;
  #isClosed = false;
  #hasFailed = false;
  #pause: Timer | null = null;

  constructor(
    consumer: string,
    source: StreamSource,
    timers: Timers,
    onFailure: (error: unknown) => void,
  ) {
    this.#consumer = consumer;
    this.#source = source;
    this.#timers = timers;
    this.#onFailure = onFailure;
    this.#written = source.facts().acked[consumer] ?? 0;
    this.#wanted = this.#written;
  }

  /** The consumer has everything up to `seq`. What it has acknowledged before costs nothing. */
  acknowledge(seq: number): void {
    if (seq <= this.#wanted) return;
    this.#wanted = seq;
    this.#write();
  }

  /** Writes what is still wanted, without waiting for the second to end. */
  close(): void {
    this.#isClosed = true;
    this.#pause?.cancel();
    this.#pause = null;
    this.#write();
  }

  #write(): void {
    if (this.#isWriting || this.#pause !== null || this.#hasFailed) return;
    if (this.#wanted <= this.#written) return;
    const seq = this.#wanted;
    this.#isWriting = true;
    if (!this.#isClosed) {
      this.#pause = this.#timers.after(WRITE_EVERY_MS, () => {
        this.#pause = null;
        this.#write();
      });
    }
    this.#source
      .acknowledge(this.#consumer, seq)
      .then(
        () => {
          this.#written = seq;
        },
        (error: unknown) => this.#refused(error),
      )
      .finally(() => {
        this.#isWriting = false;
        this.#write();
      });
  }

  /** Too many at once is no failure: the next second comes. */
  #refused(error: unknown): void {
    const isPassing = error instanceof Unanswerable && error.code === "too-many";
    if (isPassing && !this.#isClosed) return;
    this.#hasFailed = true;
    this.#onFailure(error);
  }
}
