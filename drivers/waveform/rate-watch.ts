// Compares how many frames a source has brought with how many its rate promises, by our clock. The
// two clocks differ a little, which is said when it is more than that; frames that fail all at once
// are missing, which is a gap. Nothing else tells: raw samples carry no number and no time.
//
// What arrives can be late, because somebody on its way was busy, but never early. So the arrivals
// that were least late are compared: the best of each stretch with the best of the one before.

import type { Mono } from "../../runtime/signal/instant.ts";

/** Long enough that each stretch has arrivals that nothing held up. */
const STRETCH_MS = 5_000;

/**
 * Frames of so much time have to fail in one stretch. A clock that is wrong by a hundredth takes
 * half of that, and a wrong rate is no gap.
 */
const MISSING_MIN_MS = 100;

/** The rate is estimated over so many stretches: a minute. Lateness of 60 ms is 0.1 % of that. */
const STRETCHES = 12;

/** Crystals are wrong by less than a thousandth of this; RC oscillators by more. */
const DRIFT_MAX = 0.005;

export interface RateWatchOptions {
  /** Frames per second that the source should bring. */
  readonly rate: number;
  /** So many frames are missing; `at` is when it was seen, up to two stretches later. */
  readonly onMissing: (frames: number, at: Mono) => void;
  /** The rate by our clock, when it is beyond its bound, and once when it is within it again. */
  readonly onDrift: (rate: number, isBeyond: boolean) => void;
}

export class RateWatch {
  readonly #options: RateWatchOptions;
  /** Frames since the first arrival, with those that are known to be missing. */
  #frames = 0;
  #beganAt: Mono = 0;
  #stretchBeganAt: Mono = 0;
  #hasBegun = false;
  /**
   * The most that frames were ahead of the promised rate, in this stretch, and the stretch before.
   */
  #lead = Number.NEGATIVE_INFINITY;
  #leadAt: Mono = 0;
  #leadBefore: number | null = null;
  /** The best arrival of each of the last stretches: frames by then, and when. */
  readonly #best: { readonly frames: number; readonly at: Mono }[] = [];
  #isBeyond = false;

  constructor(options: RateWatchOptions) {
    this.#options = options;
  }

  /** So many frames have arrived. Hot path: once for each piece; allocates once in a stretch. */
  took(frames: number, at: Mono): void {
    if (!this.#hasBegun) {
      // What comes first was collected before: its beginning in time is not known.
      this.#hasBegun = true;
      this.#beganAt = at;
      this.#stretchBeganAt = at;
      return;
    }
    // A burst is held against the time before it: its pieces come at one instant.
    if (at - this.#stretchBeganAt >= STRETCH_MS) this.#endStretch(at);
    this.#frames += frames;
    const lead = this.#frames - ((at - this.#beganAt) / 1_000) * this.#options.rate;
    if (lead >= this.#lead) {
      this.#lead = lead;
      this.#leadAt = at;
    }
  }

  #endStretch(at: Mono): void {
    const { rate, onMissing } = this.#options;
    this.#stretchBeganAt = at;
    if (this.#lead === Number.NEGATIVE_INFINITY) return;
    const missing = Math.round((this.#leadBefore ?? this.#lead) - this.#lead);
    if (missing > (rate * MISSING_MIN_MS) / 1_000) {
      this.#frames += missing;
      this.#lead += missing;
      onMissing(missing, at);
    }
    this.#leadBefore = this.#lead;
    this.#lead = Number.NEGATIVE_INFINITY;
    const elapsed = (this.#leadAt - this.#beganAt) / 1_000;
    this.#best.push({ frames: this.#leadBefore + elapsed * rate, at: this.#leadAt });
    if (this.#best.length > STRETCHES) this.#judge();
  }

  #judge(): void {
    const { rate, onDrift } = this.#options;
    const first = this.#best.shift()!;
    const last = this.#best.at(-1)!;
    const seconds = (last.at - first.at) / 1_000;
    const found = (last.frames - first.frames) / seconds;
    const isBeyond = Math.abs(found / rate - 1) > DRIFT_MAX;
    if (isBeyond === this.#isBeyond) return;
    this.#isBeyond = isBeyond;
    onDrift(found, isBeyond);
  }
}
