// When a line without transaction ids may be spoken on again. A late answer with the unit, the
// function and the length of another request's answer looks like that answer: nothing in the frame
// tells the two apart, so only time can. A state machine without a clock: `now` is an argument.

import type { Mono } from "../../runtime/signal/instant.ts";
import { type Asked, judge } from "./answer.ts";
import type { Framing } from "./framing.ts";

/**
 * The bound does not raise itself further: each silent device would cost this much at every try.
 * What is later has to be declared.
 */
export const RAISED_MAX_MS = 10_000;

/** An answer that was seen late says that others may be later still. */
const RAISE_FACTOR = 1.5;

/** For how long an answer that never came is recognised should it come after all. */
const OWED_MS = 10_000;

/** The answers that are remembered as owed: more than a bus asks in vain meanwhile. */
const OWED_MAX = 32;

interface Owed {
  readonly asked: Asked;
  /** When its request was given up, or would have been. */
  readonly deadlineAt: Mono;
}

export interface LateAnswer {
  readonly unitId: number;
  readonly latenessMs: number;
  /** True where the bound had to be raised for it. */
  readonly isBeyondBound: boolean;
}

export class Lateness {
  readonly #framing: Framing;
  #maxMs: number;
  #owed: Owed[] = [];
  #quietUntil: Mono = Number.NEGATIVE_INFINITY;

  constructor(framing: Framing, declaredMaxMs: number) {
    this.#framing = framing;
    this.#maxMs = declaredMaxMs;
  }

  /** As declared, or as raised by what was seen. */
  get maxMs(): number {
    return this.#maxMs;
  }

  /** Until then an answer may come that nobody waits for any more. */
  get quietUntil(): Mono {
    return this.#quietUntil;
  }

  /** A request ended without its answer. */
  owe(asked: Asked, deadlineAt: Mono): void {
    this.#owed.push({ asked, deadlineAt });
    if (this.#owed.length > OWED_MAX) this.#owed.shift();
    this.#quietUntil = Math.max(this.#quietUntil, deadlineAt + this.#maxMs);
  }

  /** Whether these bytes begin with an answer that is owed; it is owed no more then. */
  recognise(received: Uint8Array, now: Mono): LateAnswer | null {
    this.#owed = this.#owed.filter(({ deadlineAt }) => now - deadlineAt <= OWED_MS);
    // The latest that it can be: an older one may have been lost, and would say far too much.
    const position = this.#owed.findLastIndex(({ asked }) => this.#begins(asked, received));
    if (position === -1) return null;
    const [owed] = this.#owed.splice(position, 1);
    const latenessMs = Math.max(0, now - owed!.deadlineAt);
    const isBeyondBound = latenessMs > this.#maxMs;
    if (isBeyondBound) {
      const raisedMs = Math.min(RAISED_MAX_MS, Math.ceil(latenessMs * RAISE_FACTOR));
      this.#maxMs = Math.max(this.#maxMs, raisedMs);
      for (const { deadlineAt } of this.#owed) {
        this.#quietUntil = Math.max(this.#quietUntil, deadlineAt + this.#maxMs);
      }
    } else if (position === this.#owed.length) {
      // The answer to the last request is here: the line owes nothing that could still come.
      this.#quietUntil = now;
    }
    return { unitId: owed!.asked.unitId, latenessMs, isBeyondBound };
  }

  #begins(asked: Asked, received: Uint8Array): boolean {
    // Others may stand behind it without a pause: the shortest beginning that is a frame counts.
    for (let bytes = BYTES_MIN; bytes <= received.length; bytes++) {
      const { kind } = judge(this.#framing, asked, received.subarray(0, bytes));
      if (kind === "data" || kind === "exception") return true;
      if (kind !== "partial") return false;
    }
    return false;
  }
}

const BYTES_MIN = 4;
