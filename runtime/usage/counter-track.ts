// Follows a count that a device keeps by itself, such as a press's strokes or the pulses of a line,
// and says how many events came to it. What the count rose by between two good readings happened,
// whatever the line did in between; everything else adds nothing:
//
// - A count that falls was reset, rolled over or is wrong for a moment. Whatever it does until it
//   stands where it once stood cannot be told from the way back of a transient, so the one step
//   that brings it there counts from there only.
// - 0 is also what a device says that has only just started, so a step up from 0 counts nothing.
// - A rise that no machine can make is no count.
//
// Each of these costs at most the events between two readings, and never adds one.

import type { Mono } from "../signal/instant.ts";
import type { SignalIndex } from "../signal/signal.ts";
import { CHANGES_MAX, ChangeQueue } from "./change-queue.ts";
import type { SampleTrack } from "./condition-track.ts";

/** Cycles or strokes; the fastest presses make some 70 a second. */
const EVENTS_PER_SECOND_MAX = 200;
/** Two readings may be closer together than the events that a device reports at once. */
const RATE_OVER_MS_MIN = 1_000;
/** From where a count fell, and has not come back to; a healthy one falls once in years. */
const HEIGHTS_MAX = 64;
const NONE = -1;

export interface CounterFault {
  readonly kind: "backwards" | "rate";
  readonly from: number;
  readonly to: number;
  readonly at: Mono;
}

export class CounterTrack implements SampleTrack {
  readonly signal: SignalIndex;
  readonly #onFault: (fault: CounterFault) => void;
  readonly #added = new ChangeQueue(new Float64Array(CHANGES_MAX));
  /** The last one is the lowest: what lay below was passed on the way up again. */
  readonly #heights: number[] = [];
  #count = NONE;
  #countAt: Mono = NONE;
  #newestAt: Mono = NONE;
  /** A counter that is wrong at each reading is told of once, until it has counted again. */
  #told = false;

  constructor(signal: SignalIndex, onFault: (fault: CounterFault) => void) {
    this.signal = signal;
    this.#onFault = onFault;
  }

  /** Hot path: once per sample. */
  good(value: number, sampledAt: Mono): void {
    if (sampledAt < this.#newestAt) return;
    this.#newestAt = sampledAt;
    const count = Math.floor(value);
    if (!Number.isSafeInteger(count) || count < 0) return;
    const before = this.#count;
    const elapsedMs = sampledAt - this.#countAt;
    this.#count = count;
    this.#countAt = sampledAt;
    if (before === NONE || count === before) return;
    if (count < before) {
      if (this.#heights.length === HEIGHTS_MAX) this.#heights.shift();
      this.#heights.push(before);
      this.#tell("backwards", before, count, sampledAt);
      return;
    }
    let from = before;
    while (this.#heights.length > 0 && this.#heights.at(-1)! <= count) from = this.#heights.pop()!;
    if (from === 0 || count === from) return;
    const perMs = EVENTS_PER_SECOND_MAX / 1_000;
    if (count - from > Math.max(elapsedMs, RATE_OVER_MS_MIN) * perMs) {
      this.#tell("rate", from, count, sampledAt);
      return;
    }
    this.#told = false;
    if (this.#added.full) this.#added.replaceLast(this.#added.last + count - from);
    else this.#added.push(sampledAt, count - from);
  }

  /** What the device counted while nobody could read it stands in its next reading. */
  bad(sampledAt: Mono): void {
    if (sampledAt > this.#newestAt) this.#newestAt = sampledAt;
  }

  nextChangeAt(): Mono {
    return this.#added.nextAt;
  }

  takeAdded(): number {
    return this.#added.take();
  }

  #tell(kind: CounterFault["kind"], from: number, to: number, at: Mono): void {
    if (this.#told) return;
    this.#told = true;
    this.#onFault({ kind, from, to, at });
  }
}
