// What all readers of the gateway ask of the meter, over its one connection: a bounded number is
// open there at a time, the others wait their turn here.

import { LIMITS } from "./frames.ts";
import { Unanswerable } from "./source.ts";

/** The rest of the meter's requests a connection is for what the gateway itself wants to know. */
const OPEN_MAX = LIMITS.requestsMax - 4;
/** Of each kind. A reader has few open at a time, so this is what some hundred readers want. */
const WAITING_MAX = 1_000;
/** Served in turn, so that a crowd of one kind does not keep the others waiting. */
const KINDS = ["page", "acknowledgement", "request", "command"] as const;

export type AskKind = (typeof KINDS)[number];

interface Waiting {
  readonly send: () => Promise<unknown>;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class AskQueue {
  readonly #waiting: Readonly<Record<AskKind, Waiting[]>> = {
    page: [],
    acknowledgement: [],
    request: [],
    command: [],
  };
  #open = 0;
  #turn = 0;
  #isClosed = false;

  /** Calls `send` when it is its turn. Rejects as `send` does, or with an `Unanswerable`. */
  ask(kind: AskKind, send: () => Promise<unknown>): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(gone());
    const waiting = this.#waiting[kind];
    if (waiting.length >= WAITING_MAX) {
      return Promise.reject(new Unanswerable("too-many", "too many readers ask at the same time"));
    }
    return new Promise((resolve, reject) => {
      waiting.push({ send, resolve, reject });
      this.#serve();
    });
  }

  /** What still waits is not asked any more. */
  close(): void {
    this.#isClosed = true;
    for (const kind of KINDS) {
      for (const { reject } of this.#waiting[kind].splice(0)) reject(gone());
    }
  }

  #serve(): void {
    while (this.#open < OPEN_MAX) {
      const next = this.#next();
      if (next === undefined) return;
      this.#open++;
      next
        .send()
        .then(next.resolve, next.reject)
        .finally(() => {
          this.#open--;
          this.#serve();
        });
    }
  }

  #next(): Waiting | undefined {
    for (let looked = 0; looked < KINDS.length; looked++) {
      const kind = KINDS[this.#turn]!;
      this.#turn = (this.#turn + 1) % KINDS.length;
      const next = this.#waiting[kind].shift();
      if (next !== undefined) return next;
    }
    return undefined;
  }
}

function gone(): Unanswerable {
  return new Unanswerable("unavailable", "the meter is not connected");
}
