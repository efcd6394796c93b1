// Features of slow signals: rate of change, spread, run fluctuation, drift, and what several
// signals make together. Each takes samples at any rate, keeps a fixed amount of memory, and is NaN
// until enough is known. A bad sample breaks a span and never counts as a value.

import type { Mono } from "../../signal/instant.ts";
import { JointFeature, ratioOf, unbalanceOf } from "./joint-feature.ts";
import { deviationOf, slopeOf } from "./robust-line.ts";
import { SLOTS, SpanSlots } from "./span-slots.ts";
import { TimeWeightedMean } from "./time-weighted-mean.ts";

/** What can be computed of one signal. */
export const SLOW_FEATURES = ["rate", "spread", "fluctuation", "drift"] as const;
/** What can be computed of several together. */
export type SlowFeatureKind = (typeof SLOW_FEATURES)[number] | "ratio" | "unbalance";

export interface SlowFeature {
  /**
   * A good sample; `input` counts the signals of a ratio or an unbalance. Hot path: no allocation.
   * @return the feature now, or NaN where it cannot be said yet.
   */
  good(input: number, value: number, at: Mono): number;
  bad(input: number): void;
  /** The machine is in another state than the feature is about. */
  leave(): void;
}

export interface SlowFeatureOptions {
  readonly kind: SlowFeatureKind;
  /** The span that it looks back on. */
  readonly overMs: number;
  /** How long a sample of each input speaks for its signal. */
  readonly staleMs: readonly number[];
}

export function slowFeatureOf({ kind, overMs, staleMs }: SlowFeatureOptions): SlowFeature {
  const pairMsMax = staleMs[0]!;
  switch (kind) {
    case "rate":
      return new Rate(overMs, pairMsMax);
    case "spread":
      return new Spread(overMs, pairMsMax, false);
    case "fluctuation":
      return new Spread(overMs, pairMsMax, true);
    case "drift":
      return new Drift(overMs, pairMsMax);
    case "ratio":
      return new JointFeature(overMs, staleMs, ratioOf);
    case "unbalance":
      return new JointFeature(overMs, staleMs, unbalanceOf);
  }
}

const MINUTE_MS = 60_000;

/** The memory that is worked in: features are computed one after the other. */
const values = new Float64Array(SLOTS);
const places = new Float64Array(SLOTS);

/** Robust slope of the span, in units per minute; anew with each slot of it. */
class Rate implements SlowFeature {
  readonly #slots: SpanSlots;
  #perMinute = Number.NaN;

  constructor(overMs: number, pairMsMax: number) {
    this.#slots = new SpanSlots(overMs, pairMsMax);
  }

  good(_input: number, value: number, at: Mono): number {
    if (this.#slots.good(value, at)) this.#perMinute = this.#compute();
    return this.#perMinute;
  }

  bad(): void {
    this.#slots.break();
  }

  leave(): void {
    this.#slots.break();
  }

  #compute(): number {
    if (!this.#slots.isTelling) return Number.NaN;
    const count = this.#slots.readMeans(values, places);
    return (slopeOf(values, places, count) * MINUTE_MS) / this.#slots.slotMs;
  }
}

/** Robust standard deviation in the span, or in so much of it as lies in the present run. */
class Spread implements SlowFeature {
  readonly #slots: SpanSlots;
  readonly #ofRun: boolean;
  #deviation = Number.NaN;

  constructor(overMs: number, pairMsMax: number, ofRun: boolean) {
    this.#slots = new SpanSlots(overMs, pairMsMax);
    this.#ofRun = ofRun;
  }

  good(_input: number, value: number, at: Mono): number {
    if (this.#slots.good(value, at)) this.#deviation = this.#compute();
    return this.#deviation;
  }

  bad(): void {
    this.#slots.break();
  }

  leave(): void {
    if (this.#ofRun) {
      this.#slots.clear();
      this.#deviation = Number.NaN;
    } else this.#slots.break();
  }

  #compute(): number {
    if (!this.#slots.isTelling) return Number.NaN;
    return deviationOf(values, places, this.#slots.readSamples(values, places), 0);
  }
}

/** The short mean of a drift looks back on this share of the long one's span. */
const SHORT_SHARE = 0.1;

/** What the sums of many samples round to; held against it, a constant would seem to drift. */
const ROUNDING_SHARE = 1e-9;

/**
 * Short mean less long mean, in robust standard deviations of the span about its own trend. What
 * an EWMA chart shows (S. W. Roberts, Technometrics 1 (1959) 239–250), with the time between
 * samples in place of their number.
 */
class Drift implements SlowFeature {
  readonly #slots: SpanSlots;
  readonly #pairMsMax: number;
  readonly #short: TimeWeightedMean;
  readonly #long: TimeWeightedMean;
  #deviation = Number.NaN;
  #value = 0;
  #at: Mono = -1;

  constructor(overMs: number, pairMsMax: number) {
    this.#slots = new SpanSlots(overMs, pairMsMax);
    this.#pairMsMax = pairMsMax;
    this.#short = new TimeWeightedMean(SHORT_SHARE * overMs);
    this.#long = new TimeWeightedMean(overMs);
  }

  good(_input: number, value: number, at: Mono): number {
    if (at >= this.#at) this.#take(value, at);
    if (Number.isNaN(this.#deviation)) return Number.NaN;
    const difference = this.#short.mean - this.#long.mean;
    const rounding = ROUNDING_SHARE * Math.abs(this.#long.mean);
    // A signal that never moves has no spread and does not drift.
    if (Math.abs(difference) <= rounding) return 0;
    return this.#deviation > rounding ? difference / this.#deviation : Number.NaN;
  }

  #take(value: number, at: Mono): void {
    const forMs = at - this.#at;
    if (this.#at >= 0 && forMs <= this.#pairMsMax) {
      const middle = (this.#value + value) / 2;
      this.#short.add(middle, forMs);
      this.#long.add(middle, forMs);
    }
    this.#value = value;
    this.#at = at;
    if (this.#slots.good(value, at)) this.#deviation = this.#compute();
  }

  bad(): void {
    this.#at = -1;
    this.#slots.break();
  }

  leave(): void {
    this.bad();
  }

  #compute(): number {
    if (!this.#slots.isTelling) return Number.NaN;
    const trend = slopeOf(values, places, this.#slots.readMeans(values, places));
    return deviationOf(values, places, this.#slots.readSamples(values, places), trend);
  }
}
