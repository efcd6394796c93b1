// Follows one condition through time and says, exactly, when it was true, false or unknown.
//
// A truth is known only between two good samples that stand close enough together: what a signal
// did before its first sample, after its last one or around a bad one is unknown. A change counts
// once it has lasted `minOnMs` or `minOffMs`, and then from the first sample that showed it; until
// then the time since that sample is open, and the reader waits for it (`knownUntil`). Between two
// good samples holds what the first one said, in both directions: a meter favours neither party.

import type { Mono } from "../signal/instant.ts";
import { CHANGES_MAX, ChangeQueue } from "./change-queue.ts";
import type { Condition } from "./condition.ts";

export type Truth = 0 | 1 | 2;
export const FALSE: Truth = 0;
export const TRUE: Truth = 1;
export const UNCLEAR: Truth = 2;

const NONE = -1;

/** Whatever wants the samples of a signal; intake hands them over without a detour. */
export interface SampleTrack {
  good(value: number, sampledAt: Mono): void;
  bad(sampledAt: Mono): void;
}

export class ConditionTrack implements SampleTrack {
  readonly condition: Condition;
  /** Everything before this instant is decided. */
  knownUntil: Mono;
  /** Times at which too many changes were waiting and the condition became unclear instead. */
  overruns = 0;
  readonly #changes = new ChangeQueue(new Uint8Array(CHANGES_MAX));
  /** The truth that holds at `knownUntil`. */
  #confirmed: Truth = UNCLEAR;
  /** What the last sample said, for the hysteresis. */
  #raw: Truth = UNCLEAR;
  /** First sample of a change that has not lasted long enough, at the instant it was taken. */
  #pendingSince: Mono = NONE;
  /** From when that change counts, once it has. */
  #pendingFrom: Mono = NONE;
  /** The good sample that the next one makes a pair with. */
  #lastGoodAt: Mono = NONE;
  /** The newest sample of any quality: what comes from before it says nothing any more. */
  #newestAt: Mono = NONE;

  constructor(condition: Condition, startedAt: Mono) {
    this.condition = condition;
    this.knownUntil = startedAt;
  }

  /**
   * A good sample. Hot path: once per sample and condition. One that comes out of order is passed
   * over; one that comes late, after the time before it was given up as unknown, counts from there.
   * Of two at the same millisecond the later one holds.
   */
  good(value: number, sampledAt: Mono): void {
    if (sampledAt < this.#newestAt) return;
    const at = sampledAt > this.knownUntil ? sampledAt : this.knownUntil;
    if (this.#lastGoodAt !== NONE && sampledAt - this.#lastGoodAt > this.condition.staleMs) {
      this.#lose(at);
    }
    this.#newestAt = sampledAt;
    this.#lastGoodAt = sampledAt;
    const raw = this.#judge(value);
    if (raw === this.#confirmed) {
      this.#pendingSince = NONE;
      this.knownUntil = at;
    } else {
      if (this.#pendingSince === NONE || raw !== this.#raw) {
        this.#pendingSince = sampledAt;
        this.#pendingFrom = at;
      }
      const minMs = raw === TRUE ? this.condition.minOnMs : this.condition.minOffMs;
      if (sampledAt - this.#pendingSince >= minMs) {
        this.#push(this.#pendingFrom, raw);
        this.#pendingSince = NONE;
        this.knownUntil = at;
      } else {
        this.knownUntil = this.#pendingFrom;
      }
    }
    this.#raw = raw;
  }

  /**
   * A bad sample: unknown since the last sample whose truth was settled. It breaks the pair even
   * where the time around it was given up long ago; the next good sample begins anew.
   */
  bad(sampledAt: Mono): void {
    if (sampledAt < this.#newestAt) return;
    this.#newestAt = sampledAt;
    this.#lose(sampledAt > this.knownUntil ? sampledAt : this.knownUntil);
  }

  /** Says that time has passed; a signal that has been silent for too long becomes unclear. */
  advance(now: Mono): void {
    if (this.#lastGoodAt === NONE) {
      if (now > this.knownUntil) this.knownUntil = now;
    } else if (now - this.#lastGoodAt > this.condition.staleMs) {
      this.#lose(now > this.knownUntil ? now : this.knownUntil);
    }
  }

  /** The instant of the next change that has not been taken, or Infinity. */
  nextChangeAt(): Mono {
    return this.#changes.nextAt;
  }

  takeChange(): Truth {
    return this.#changes.take() as Truth;
  }

  /**
   * Nobody looked until `now`, as when the process was stopped: unknown since the last settled
   * sample, and what was sampled before `now` says nothing any more.
   * @param since what was decided after it was decided by a sample that came before whoever found
   * the gap: a pair with that sample would span the gap.
   */
  gap(now: Mono, since: Mono = this.knownUntil): void {
    if (now > this.#newestAt) this.#newestAt = now;
    if (this.knownUntil > since) {
      this.#changes.dropFrom(since);
      this.#push(since, UNCLEAR);
      this.knownUntil = since;
    }
    this.#lose(now > this.knownUntil ? now : this.knownUntil);
  }

  #judge(value: number): Truth {
    const { test, threshold, hysteresis } = this.condition;
    switch (test) {
      case "above":
        if (value > threshold) return TRUE;
        return this.#raw === TRUE && value > threshold - hysteresis ? TRUE : FALSE;
      case "below":
        if (value < threshold) return TRUE;
        return this.#raw === TRUE && value < threshold + hysteresis ? TRUE : FALSE;
      case "equals":
        return Math.abs(value - threshold) <= hysteresis ? TRUE : FALSE;
      case "bits":
        return hasBit(value, threshold) ? TRUE : FALSE;
    }
  }

  /** Nothing is known from the last settled sample on until `at`, and nothing is pending. */
  #lose(at: Mono): void {
    if (this.#confirmed !== UNCLEAR) this.#push(this.knownUntil, UNCLEAR);
    this.#raw = UNCLEAR;
    this.#pendingSince = NONE;
    this.#lastGoodAt = NONE;
    this.knownUntil = at;
  }

  #push(at: Mono, truth: Truth): void {
    this.#confirmed = truth;
    if (this.#changes.full) {
      this.overruns++;
      this.#changes.replaceLast(UNCLEAR);
      this.#confirmed = UNCLEAR;
      return;
    }
    this.#changes.push(at, truth);
  }
}

/** Masks of up to 32 bits; a fault word is never wider in the protocols we read. */
function hasBit(value: number, mask: number): boolean {
  return ((value >>> 0) & (mask >>> 0)) !== 0;
}
