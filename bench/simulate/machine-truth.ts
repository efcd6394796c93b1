// What a simulated machine really does, millisecond by millisecond: shifts, breaks, faults, nights
// and quiet weeks, and spells in which it flaps between two states. Only the world knows it.

import type { SeededRandom } from "../../runtime/testing/seeded-random.ts";
import type { UsageState } from "../../runtime/usage/usage-state.ts";

export const TRUE_STATES = ["OFF", "STANDBY", "IDLE", "WORKING", "FAULT"] as const;
export type TrueState = Exclude<UsageState, "UNKNOWN">;

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Where each state leads, how often, and how long it lasts: from, to. */
const HABITS: Readonly<
  Record<
    TrueState,
    { readonly lasts: readonly [number, number]; readonly next: readonly TrueState[] }
  >
> = {
  OFF: { lasts: [10 * MINUTE_MS, 16 * HOUR_MS], next: ["STANDBY", "IDLE", "IDLE"] },
  STANDBY: { lasts: [20 * SECOND_MS, 30 * MINUTE_MS], next: ["IDLE", "IDLE", "OFF"] },
  IDLE: { lasts: [8 * SECOND_MS, 20 * MINUTE_MS], next: ["WORKING", "WORKING", "WORKING", "OFF"] },
  WORKING: {
    lasts: [8 * SECOND_MS, 6 * HOUR_MS],
    next: ["IDLE", "IDLE", "IDLE", "IDLE", "STANDBY", "OFF", "FAULT"],
  },
  FAULT: { lasts: [10 * SECOND_MS, 3 * HOUR_MS], next: ["OFF", "STANDBY", "IDLE"] },
};

export class MachineTruth {
  state: TrueState = "OFF";
  /** When the present state ends, in world time. */
  changesAt: number;
  /** How long the states of now last, for whoever judges what a debounce may hide. */
  lastedMs = 0;
  readonly #random: SeededRandom;
  #since = 0;
  #flapsUntil = -1;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.changesAt = random.integer(1, HOUR_MS);
  }

  /** Enters the next state; call at `changesAt`. */
  change(): void {
    const at = this.changesAt;
    this.lastedMs = at - this.#since;
    this.#since = at;
    if (at < this.#flapsUntil) {
      this.state = this.state === "WORKING" ? "IDLE" : "WORKING";
      this.changesAt = at + this.#random.integer(20, 4_000);
      return;
    }
    this.state = this.#random.pick(HABITS[this.state].next);
    this.changesAt = at + this.#duration();
  }

  /** From the next change on it flaps for so long. */
  flap(now: number, forMs: number): void {
    this.changesAt = Math.max(now + 1, Math.min(this.changesAt, now + 1_000));
    this.#flapsUntil = this.changesAt + forMs;
  }

  #duration(): number {
    const random = this.#random;
    // Weekends and the weeks between two hires.
    if (this.state === "OFF" && random.chance(0.04)) return random.integer(DAY_MS, 12 * DAY_MS);
    const [shortest, longest] = HABITS[this.state].lasts;
    // As many short ones as long ones, whatever the scale.
    return Math.round(shortest * (longest / shortest) ** random.next());
  }
}
