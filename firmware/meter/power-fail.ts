// The input that announces a power failure. It is judged with each sample and not at the next tick:
// the supply lasts for some ten milliseconds.

import { AlarmBook } from "../../runtime/diagnosis/alarms.ts";
import type { Mono } from "../../runtime/signal/instant.ts";
import type { SignalIndex } from "../../runtime/signal/signal.ts";
import type { Expression } from "../../runtime/usage/condition.ts";
import type { SampleTrack } from "../../runtime/usage/condition-track.ts";

export class PowerFail {
  readonly #book: AlarmBook;

  /** @param onFail called once for each announcement; it may come back, and fail again. */
  constructor(when: Expression, startedAt: Mono, onFail: () => void) {
    const definition = {
      name: "powerFail",
      when,
      severity: 1_000,
      ne107: "failure",
      text: "The supply is about to fail.",
    } as const;
    this.#book = new AlarmBook([definition], startedAt, ({ state }) => {
      if (state === "active") onFail();
    });
  }

  tracksOf(signal: SignalIndex): readonly SampleTrack[] {
    return this.#book.tracksOf(signal).map((track) => ({
      good: (value, at) => {
        track.good(value, at);
        this.#book.settle(at);
      },
      bad: (at) => track.bad(at),
    }));
  }
}
