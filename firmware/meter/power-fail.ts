// The input that announces a power failure. It is judged with each sample and not at the next tick:
// the supply lasts for some ten milliseconds.

import { type Limit, LimitAlarms } from "../../runtime/diagnosis/alarms.ts";
import type { Mono } from "../../runtime/signal/instant.ts";
import type { SignalIndex } from "../../runtime/signal/signal.ts";
import type { Expression } from "../../runtime/usage/condition.ts";
import type { SampleTrack } from "../../runtime/usage/condition-track.ts";

export class PowerFail {
  readonly #limits: LimitAlarms<Limit>;

  /** @param onFail called once for each announcement; it may come back, and fail again. */
  constructor(when: Expression, startedAt: Mono, onFail: () => void) {
    this.#limits = new LimitAlarms([{ name: "powerFail", when }], startedAt, ({ state }) => {
      if (state === "active") onFail();
    });
  }

  tracksOf(signal: SignalIndex): readonly SampleTrack[] {
    return this.#limits.tracksOf(signal).map((track) => ({
      good: (value, at) => {
        track.good(value, at);
        this.#limits.settle(at);
      },
      bad: (at) => track.bad(at),
    }));
  }
}
