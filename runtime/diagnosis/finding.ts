// What a detector says, with its evidence. A finding is a claim about the machine or about a
// sensor; an alarm is a finding with a state.

import type { Mono } from "../signal/instant.ts";
import type { Zone } from "./zone.ts";

/** The keys of the knowledge file: each leads on to cause, what to look at, what to do, a part. */
export const FAULTS_OF_MACHINES = [
  "bearing-outer",
  "bearing-inner",
  "bearing-ball",
  "bearing-cage",
  "unbalance",
  "misalignment",
  "looseness",
  "gear-mesh",
  "broken-rotor-bar",
  "current-unbalance",
  "rubbing",
  "vibration-severity",
  "vibration-change",
  "pattern-change",
  "drift",
] as const;
export const FAULTS_OF_SENSORS = [
  "sensor-clipped",
  "sensor-dropout",
  "sensor-mains",
  "sensor-stuck",
  "sensor-disconnected",
  "sensor-scale",
] as const;
export type FaultCode = (typeof FAULTS_OF_MACHINES)[number] | (typeof FAULTS_OF_SENSORS)[number];

/** One line that was looked for in a spectrum. */
export interface LineEvidence {
  /** `BPFO`, `2×BPFO`, `BPFI−fr`. */
  readonly line: string;
  /** Which spectrum: `envelope`, `envelope-prewhitened`, `envelope-band`, `velocity`, `current`. */
  readonly spectrum: string;
  readonly expectedHz: number;
  readonly foundHz: number;
  /** Above the local background. */
  readonly db: number;
  /** What it had to reach. */
  readonly thresholdDb: number;
}

/** One feature that was held against a limit or a baseline. */
export interface FeatureEvidence {
  readonly feature: string;
  readonly value: number;
  readonly unit: string;
  readonly limit: number | null;
  /** What it usually is in this operating state; null where nothing was learned. */
  readonly usual: number | null;
  /** How far it is from that, signed, in the spreads that were learned; only where they were. */
  readonly spreads?: number;
}

/** The samples that a finding stands on. */
export interface WindowEvidence {
  readonly waveform: string;
  /** Instant of the last sample. */
  readonly at: Mono;
  readonly samples: number;
  readonly rate: number;
  /** SHA-256 of the samples as 32-bit little-endian floats, in hex; null where none were kept. */
  readonly sha256: string | null;
}

export interface Evidence {
  readonly operatingState: string;
  readonly speedRpm: number | null;
  readonly load: number | null;
  readonly zone: Zone | null;
  readonly lines: readonly LineEvidence[];
  readonly features: readonly FeatureEvidence[];
  readonly window: WindowEvidence | null;
}

export interface Finding {
  /** Stable while the claim is the same: `SOURCE.FAULT` or `SOURCE.FAULT.PART`. */
  readonly id: string;
  /** The waveform, or the signals, separated by blanks. */
  readonly source: string;
  readonly fault: FaultCode;
  /** A bearing's or gear's name; null for the whole. */
  readonly part: string | null;
  /** 0 to 1. */
  readonly confidence: number;
  readonly evidence: Evidence;
  /**
   * Since when it is so, where its detector knows that from before it said so; null where it did
   * and a restart of unknown length lies between.
   */
  readonly since?: Mono | null;
}
