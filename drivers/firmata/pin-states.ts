// What the board says of its pins: reads a write back, and finds out a pin that is no longer as it
// was set.

import { Fault } from "../../runtime/signal/fault.ts";
import type { Timer, Timers } from "../../runtime/signal/timers.ts";
import { notRunning, wasReset } from "./board-faults.ts";
import type { BoardLine } from "./board-line.ts";
import type { PinExpected } from "./board-points.ts";

/** Every board has it, whatever it is used for: asked only so that there is an answer. */
const FENCE_PIN = 0;

interface Wait {
  readonly timer: Timer;
  heard(mode: number, state: number): void;
  give(fault: Fault): void;
}

interface Expected {
  readonly mode: number;
  /** Null for an input, whose state is its pull-up. */
  readonly state: number | null;
}

interface PinStateEvents {
  /** The pin has said that it is as it was set: after a write, and at each check. */
  confirmed(pin: number): void;
  /** It is not. */
  changed(fault: Fault): void;
}

export class PinStates {
  readonly #place: string;
  readonly #line: BoardLine;
  readonly #timers: Timers;
  readonly #events: PinStateEvents;
  /** What each pin was set to, once it has confirmed it. */
  readonly #expected = new Map<number, Expected>();
  readonly #waits = new Map<number, Wait>();

  constructor(place: string, line: BoardLine, timers: Timers, events: PinStateEvents) {
    this.#place = place;
    this.#line = line;
    this.#timers = timers;
    this.#events = events;
  }

  heard(pin: number, mode: number, state: number): void {
    const wait = this.#waits.get(pin);
    wait?.heard(mode, state);
    const expected = this.#expected.get(pin);
    if (wait || !expected) return;
    if (mode === expected.mode && (expected.state === null || expected.state === state)) {
      this.#events.confirmed(pin);
    } else {
      this.#events.changed(wasReset(this.#place, `its pin ${pin} is no longer as it was set`));
    }
  }

  /** Sets a pin and asks for it. `set` gives the state that it must have, null for any. */
  async confirm(
    { pin, mode }: PinExpected,
    set: () => number | null,
    timeoutMs: number,
  ): Promise<void> {
    if (this.#waits.has(pin)) {
      throw new Fault("BUS_BUSY", `${this.#place}: pin ${pin} is being written.`, "Try again.");
    }
    this.#expected.delete(pin);
    const expected: Expected = { mode, state: set() };
    await this.#ask(pin, timeoutMs, expected);
    this.#expected.set(pin, expected);
    this.#events.confirmed(pin);
  }

  /** Resolves when the board has answered everything that it was asked before. */
  async fence(timeoutMs: number): Promise<void> {
    await this.#ask(FENCE_PIN, timeoutMs, null);
  }

  end(): void {
    for (const wait of this.#waits.values()) wait.give(notRunning(this.#place));
  }

  #ask(pin: number, timeoutMs: number, expected: Expected | null): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const give = (fault: Fault | null) => {
      wait.timer.cancel();
      this.#waits.delete(pin);
      if (fault) reject(fault);
      else resolve();
    };
    const wait: Wait = {
      timer: this.#timers.after(timeoutMs, () => give(this.#silent(pin, timeoutMs))),
      heard: (mode, state) => {
        const isOther = expected !== null && expected.state !== null && expected.state !== state;
        const fits = expected === null || (mode === expected.mode && !isOther);
        give(fits ? null : this.#refused(pin, mode, state));
      },
      give,
    };
    this.#waits.set(pin, wait);
    this.#line.askPinState(pin);
    return promise;
  }

  #silent(pin: number, timeoutMs: number): Fault {
    return new Fault(
      "BUS_TIMEOUT",
      `${this.#place} did not tell the state of pin ${pin} within ${timeoutMs} ms.`,
      "Nobody knows whether it was written. Look at the board's supply and cable.",
    );
  }

  #refused(pin: number, mode: number, state: number): Fault {
    return new Fault(
      "WRITE_REFUSED",
      `${this.#place}: pin ${pin} did not keep what was written (mode ${mode}, state ${state}).`,
      "Is the pin in use by something else on the board, such as I2C or the serial port?",
    );
  }
}
