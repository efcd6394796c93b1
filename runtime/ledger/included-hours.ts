// Hours that the base price includes: so many a day, a week, in 28 days and over the rental. An
// hour is included only if every bound that the contract gives still has room for it, and takes
// that room from all of them; what is beyond one bound takes none from the others.

import type { IncludedHours } from "./contract.ts";
import { weekOf } from "./local-time.ts";

const WINDOW_DAYS = 28;

interface Bound {
  readonly mostMs: number;
  /** Days with the same number share the room. */
  readonly numberOf: (day: number) => number;
}

export class Allowance {
  readonly #bounds: readonly Bound[];
  readonly #used: { number: number; ms: number }[];

  /** @param hireDay the local day on which the hire began. */
  constructor(included: IncludedHours, hireDay: number) {
    const { perDayMs, perWeekMs, per28DaysMs, perRentalMs } = included;
    const windowOf = (day: number) => Math.floor((day - hireDay) / WINDOW_DAYS);
    const bounds: readonly [number | undefined, Bound["numberOf"]][] = [
      [perDayMs, (day) => day],
      [perWeekMs, weekOf],
      [per28DaysMs, windowOf],
      [perRentalMs, () => 0],
    ];
    this.#bounds = bounds.flatMap(([mostMs, numberOf]) =>
      mostMs === undefined ? [] : [{ mostMs, numberOf }],
    );
    this.#used = this.#bounds.map(() => ({ number: Number.NaN, ms: 0 }));
  }

  /** Whether the contract includes hours at all. */
  get isGiven(): boolean {
    return this.#bounds.length > 0;
  }

  /** How much of this time is included; asked in the order of time. */
  take(day: number, ms: number): number {
    if (this.#bounds.length === 0) return 0;
    let roomMs = ms;
    for (const [index, { mostMs, numberOf }] of this.#bounds.entries()) {
      const used = this.#used[index]!;
      const number = numberOf(day);
      if (used.number !== number) {
        used.number = number;
        used.ms = 0;
      }
      roomMs = Math.min(roomMs, Math.max(0, mostMs - used.ms));
    }
    for (const used of this.#used) used.ms += roomMs;
    return roomMs;
  }
}
