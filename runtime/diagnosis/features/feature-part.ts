// What a group of features is: its words for the machine file, and the making of what computes it.

import type { Circumstances, DiagnosisChannel } from "../channel.ts";

/** What a feature is called as a signal, and how much it scatters on a steady machine. */
export interface FeatureWords {
  /** Joined to the waveform's name: `bearing` and `VelocityRms` are `bearingVelocityRms`. */
  readonly suffix: string;
  /** For people, after the waveform's description. */
  readonly words: string;
  /** UCUM code. */
  readonly unit: string;
  /** A change by less than this share of the value is scatter and not worth a record. */
  readonly deadbandShare: number;
}

/** A group of features that are computed together. */
export interface FeaturePart {
  readonly features: readonly FeatureWords[];
  /**
   * Writes its features to `into` from `first` on; one that cannot be said may stay as it is,
   * because all are NaN before. The samples are a full window, are finite and not all the same.
   * `powers` are their |X|² after Hann without their mean, where the validity gate made them. No
   * allocation.
   */
  compute(
    samples: Float32Array,
    circumstances: Circumstances,
    into: Float64Array,
    first: number,
    powers: Float64Array | null,
  ): void;
}

/** The words are asked for when a machine file is read, long before anything is computed. */
export interface FeaturePartKind {
  wordsFor(channel: DiagnosisChannel): readonly FeatureWords[];
  make(channel: DiagnosisChannel): FeaturePart;
}

/** What scatters little from window to window: an average over all of it. */
export const STEADY_SHARE = 0.1;
/** What single lines or samples decide. */
export const SCATTERING_SHARE = 0.3;
/** What a few periods of a window decide: low orders, and displacement, which low orders make. */
export const RESTLESS_SHARE = 0.6;

/** `driveEnd` as the beginning of a suffix: `DriveEnd`. */
export function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
