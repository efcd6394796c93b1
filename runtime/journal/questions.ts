// Questions that were put to a storage thread and wait for its answer: numbered, bounded, and
// answered with a fault when the thread ends.

import type { Fault } from "../signal/fault.ts";

/** Questions to the threads of one file that may be open at a time. */
const QUESTIONS_MAX = 1_000;

export interface Reply<Value> {
  readonly id: number;
  readonly value?: Value;
  readonly error?: string;
}

export class Questions<Value> {
  readonly #open = new Map<number, (reply: Reply<Value>) => void>();
  readonly #unusable: (reason: string) => Fault;
  #next = 1;

  /** @param unusable makes the fault of a question that gets no answer. */
  constructor(unusable: (reason: string) => Fault) {
    this.#unusable = unusable;
  }

  ask(send: (id: number) => void): Promise<Value | undefined> {
    if (this.#open.size >= QUESTIONS_MAX) {
      return Promise.reject(this.#unusable("too many questions are open"));
    }
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#open.set(id, ({ value, error }) =>
        error === undefined ? resolve(value) : reject(this.#unusable(error)),
      );
      send(id);
    });
  }

  answer(reply: Reply<Value>): void {
    const resolve = this.#open.get(reply.id);
    this.#open.delete(reply.id);
    resolve?.(reply);
  }

  end(error: string): void {
    for (const [id] of this.#open) this.answer({ id, error });
  }
}
