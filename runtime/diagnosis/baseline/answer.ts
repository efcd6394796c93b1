// What a learned baseline is asked and what it answers: the features that it judges, its phases,
// and the departure that it reports.

import type { Mono } from "../../signal/instant.ts";

/** One feature of the machine or of a waveform that is held against what it usually is. */
export interface BaselineFeature {
  readonly name: string;
  /** UCUM code. */
  readonly unit: string;
  /**
   * `log` for what is positive and grows by a factor (amplitudes, crest factor, kurtosis);
   * `linear` for what may be zero or negative (a temperature, a drift).
   */
  readonly scale: "log" | "linear";
  /** Which way a fault moves it. A vibration that falls while it runs in is none. */
  readonly departs: "up" | "down" | "both";
  /**
   * The least spread that is believed: as a share of the value where the scale is `log`, in the
   * feature's unit where it is `linear`. What changes by less than three of it is not alarmed on,
   * however steady it was while it was learned.
   */
  readonly spreadLeast: number;
}

/**
 * - `learning`: fewer observations than the least; nothing is judged.
 * - `run-in`: enough observations, but the level still settles; nothing is judged.
 * - `watching`: what is usual is known and observations are held against it.
 * - `re-learning`: learning again after a maintenance; nothing is judged.
 */
export const BASELINE_PHASES = ["learning", "run-in", "watching", "re-learning"] as const;
export type BaselinePhase = (typeof BASELINE_PHASES)[number];

/** How far one feature is from what it usually is. */
export interface DepartedFeature {
  readonly name: string;
  readonly unit: string;
  /** Smoothed over the last few observations. */
  readonly value: number;
  readonly usual: number;
  /** Where evidence begins: the usual and the slack of it, on the side on which it is. */
  readonly limit: number;
  /** Signed, in learned spreads. */
  readonly spreads: number;
}

/** It stays while it lasts: one departure is one alarm. */
export interface Departure {
  readonly operatingState: string;
  /** When it was raised; null where that was before a restart whose length nobody knows. */
  readonly raisedAt: Mono | null;
  /** Since when the observations departed without coming back; null as above. */
  readonly since: Mono | null;
  /** Which features are away from usual now by a spread or more, the farthest first. */
  readonly features: readonly DepartedFeature[];
  /** 0 to 1: how far above its threshold the evidence has been. */
  readonly confidence: number;
}

/**
 * Something changed that is not one part's fault. Both are `pattern-change`, NE 107 class
 * check-function.
 *
 * - `common-shift`: all channels of the machine moved alike: another regime, load or temperature.
 * - `fallen`: a feature that only faults raise fell to half: a sensor or its mounting, or a load
 *   that is missing.
 */
export interface BaselineNotice {
  readonly kind: "common-shift" | "fallen";
  readonly operatingState: string;
  readonly since: Mono | null;
  /** The shift of the feature that moved most, in its own scale (logarithm or unit). */
  readonly shift: number;
  readonly feature: string;
}

export interface BaselineAnswer {
  readonly phase: BaselinePhase;
  readonly operatingState: string;
  /** 0 to 1: how much of the least learning is done. */
  readonly learned: number;
  /** How far the observation is from usual, in spreads, all features taken together. */
  readonly distance: number | null;
  /** The same for the exponentially weighted mean of the observations. */
  readonly trend: number | null;
  /** Evidence gathered so far, as a share of what raises an alarm. */
  readonly evidence: number | null;
  /** Null where nothing departed, in any operating state. */
  readonly departure: Departure | null;
  /** True in the one answer in which the departure was raised. */
  readonly raised: boolean;
  readonly notice: BaselineNotice | null;
  /** True in the one answer in which a shift at a restart was taken for the new usual. */
  readonly rebased: boolean;
}
