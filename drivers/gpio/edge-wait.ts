// One wait for the edges of all lines: a thread of the pool stands in `poll` for them, a tenth of
// a second at a time, so that lines can come and go and the program can end.

import type { Libc } from "../shared/libc.ts";

/** A line that is new to the wait, or is to leave it, waits no longer than this. */
const WAIT_MAX_MS = 100;

export interface Waiter {
  readonly descriptor: number;
  /** What to wait for; errors and the end are told in any case. */
  readonly events: number;
  /** Something happened: bits of `POLL`. Called again at once unless it is dealt with. */
  ready(events: number): void;
  failed(error: unknown): void;
}

export class EdgeWait {
  readonly #libc: Pick<Libc, "poll">;
  readonly #waiters = new Set<Waiter>();
  #turn: Promise<unknown> = Promise.resolve();
  #isRunning = false;

  constructor(libc: Pick<Libc, "poll">) {
    this.#libc = libc;
  }

  add(waiter: Waiter): void {
    this.#waiters.add(waiter);
    if (!this.#isRunning) void this.#run();
  }

  /** Resolves when the descriptor is no longer waited for, and may be closed. */
  async remove(waiter: Waiter): Promise<void> {
    this.#waiters.delete(waiter);
    await this.#turn;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiters.size > 0) await this.#wait([...this.#waiters]);
    this.#isRunning = false;
  }

  async #wait(waiters: readonly Waiter[]): Promise<void> {
    const turn = this.#libc.poll(waiters, WAIT_MAX_MS).then(
      (events) => (waiter: Waiter, index: number) => {
        if (events[index] !== 0) waiter.ready(events[index]!);
      },
      // Nothing about a single line makes the whole wait fail: what it is, it is for all.
      (error: unknown) => (waiter: Waiter) => {
        this.#waiters.delete(waiter);
        waiter.failed(error);
      },
    );
    this.#turn = turn;
    const tell = await turn;
    for (const [index, waiter] of waiters.entries()) {
      if (this.#waiters.has(waiter)) tell(waiter, index);
    }
  }
}
