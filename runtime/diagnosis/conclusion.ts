// What the diagnosis of one channel hands on: a report for each window, and a conclusion each time
// enough was heard of one operating state.

import type { Mono } from "../signal/instant.ts";
import type { BearingDecision } from "./bearing/decision.ts";
import type { Circumstances } from "./channel.ts";
import type { Validity, ValidityProblem } from "./validity.ts";
import type { Zone } from "./zone.ts";

export interface BearingConclusion {
  /** The name that the channel gives the bearing. */
  readonly bearing: string;
  readonly decision: BearingDecision;
}

/** Everything that is said about some seconds of one operating state. */
export interface Conclusion {
  /** Instant of the last sample. */
  readonly at: Mono;
  readonly circumstances: Circumstances;
  /** Of signal that was usable, and that was not. */
  readonly usableSeconds: number;
  readonly unusableSeconds: number;
  readonly windows: number;
  /** The problems that more than half of the windows had; usable where some window was. */
  readonly validity: Validity;
  /** What is heard contradicts the speed or the rate; it stands among the problems as well. */
  readonly speedProblem: ValidityProblem | null;
  /** Problems of single windows, each kind once, with the share of the windows that had it. */
  readonly problems: readonly { readonly problem: ValidityProblem; readonly share: number }[];
  /** Means over the usable windows, in the order of the feature set; NaN where none had one. */
  readonly features: Float64Array;
  /** Null where no limits were chosen, or the severity could not be judged. */
  readonly zone: Zone | null;
  /** What the zone was judged by, over all usable windows; NaN where it could not be computed. */
  readonly severityValue: number;
  /** One for each mounted bearing, in the channel's order. */
  readonly bearings: readonly BearingConclusion[];
}

export interface WindowReport {
  readonly at: Mono;
  readonly samples: number;
  readonly circumstances: Circumstances;
  readonly validity: Validity;
  /**
   * In the order of the feature set; NaN where one cannot be said. Also there where nothing may be
   * concluded, as long as the samples are numbers that change: hours are counted at rest, too. The
   * next window overwrites it.
   */
  readonly features: Float64Array;
  /** False where the samples are no numbers or do not change: there are no features then. */
  readonly hasFeatures: boolean;
  readonly zone: Zone | null;
  /** There when this window completed what a conclusion stands on. */
  readonly conclusion: Conclusion | null;
}
