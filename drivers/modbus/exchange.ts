// One request on a line without transaction ids, from the moment it was sent until its answer, or
// what became of it, is known. It ends within its deadline, whatever comes.

import type { Clock, Mono } from "../../runtime/signal/instant.ts";
import type { Timer, Timers } from "../../runtime/signal/timers.ts";
import { type Asked, judge, type Oddity, oddityOf } from "./answer.ts";
import type { Framing } from "./framing.ts";
import { isHeldUp, undelayedLook } from "./undelayed.ts";

/** An answer that is none is taken to be over after this: USB adapters hand on every 16 ms. */
const ODD_SILENCE_MS = 25;

/** The longest frame (ASCII) and an echo before it; what goes on after that is a flood. */
const RECEIVED_BYTES_MAX = 1_100;

const NO_BYTES = new Uint8Array(0);

export type Ending =
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "exception"; readonly code: number }
  /** Nothing came, or only the beginning of an answer. */
  | { readonly kind: "timeout" }
  | { readonly kind: "no-echo" }
  | { readonly kind: "closed"; readonly why: string }
  | Oddity;

export interface Outcome {
  readonly verdict: Ending;
  /** All that came, without the echo of the request. */
  readonly received: Uint8Array;
  /** When the request would have been given up: an answer may be late counted from there. */
  readonly deadlineAt: Mono;
}

export interface ExchangeParts {
  readonly framing: Framing;
  readonly asked: Asked;
  readonly deadlineAt: Mono;
  readonly echo: boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly done: (outcome: Outcome) => void;
}

export class Exchange {
  readonly #parts: ExchangeParts;
  readonly #received = new Uint8Array(RECEIVED_BYTES_MAX);
  #length = 0;
  readonly #deadline: Timer;
  /** Runs once it is clear that this is not the answer, and begins anew with each byte. */
  #oddEnd: Timer | null = null;
  readonly #done = new AbortController();

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
    const { timers, clock, deadlineAt } = parts;
    this.#deadline = timers.after(Math.max(0, deadlineAt - clock.mono()), () => {
      void this.#giveUp();
    });
  }

  take(bytes: Uint8Array): void {
    const room = this.#received.subarray(this.#length);
    room.set(bytes.subarray(0, room.length));
    this.#length += Math.min(bytes.length, room.length);
    if (this.#oddEnd !== null) this.#awaitOddEnd();
    else this.#look();
  }

  #look(): void {
    const answer = this.#answer();
    if (answer === "too-short") return;
    const { framing, asked } = this.#parts;
    const verdict = answer === null ? null : judge(framing, asked, answer);
    if (verdict?.kind === "partial") return;
    if (verdict === null || verdict.kind === "foreign") this.#awaitOddEnd();
    else if (verdict.kind === "damaged") this.#finish(oddityOf(framing, asked, answer!, "damaged"));
    else this.#finish(verdict);
  }

  closed(why: string): void {
    this.#finish({ kind: "closed", why });
  }

  flooded(): void {
    this.#finish({ kind: "garbled" });
  }

  /** What came after the echo; null where the echo is none. */
  #answer(): Uint8Array | "too-short" | null {
    const received = this.#all();
    if (!this.#parts.echo) return received;
    const { frame } = this.#parts.asked;
    const isEcho = frame.every((byte, at) => at >= received.length || received[at] === byte);
    if (!isEcho) return null;
    return received.length > frame.length ? received.subarray(frame.length) : "too-short";
  }

  #all(): Uint8Array {
    return this.#received.subarray(0, this.#length);
  }

  #awaitOddEnd(): void {
    this.#oddEnd?.cancel();
    this.#oddEnd = this.#parts.timers.after(ODD_SILENCE_MS, () => this.#conclude());
  }

  async #giveUp(): Promise<void> {
    const { clock, timers, deadlineAt } = this.#parts;
    // Held up ourselves, the answer may have come in time and not been looked at yet.
    if (isHeldUp(clock, deadlineAt)) await undelayedLook(clock, timers, this.#done.signal);
    if (this.#oddEnd === null) this.#finish({ kind: "timeout" });
    else this.#conclude();
  }

  #conclude(): void {
    if (this.#done.signal.aborted) return;
    const { framing, asked } = this.#parts;
    const answer = this.#answer();
    if (answer === null) this.#finish({ kind: "no-echo" });
    else if (answer === "too-short") this.#finish({ kind: "timeout" });
    else this.#finish(oddityOf(framing, asked, answer));
  }

  #finish(verdict: Ending): void {
    if (this.#done.signal.aborted) return;
    this.#done.abort();
    this.#deadline.cancel();
    this.#oddEnd?.cancel();
    const answer = this.#answer();
    // An echo alone is nothing that a device has sent.
    const received = answer === "too-short" ? NO_BYTES : (answer ?? this.#all()).slice();
    const { done, deadlineAt } = this.#parts;
    done({ verdict, received, deadlineAt });
  }
}
