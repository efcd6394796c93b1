// What the bearing detector answers: a verdict, or that it cannot tell, with the evidence of each
// candidate.

import type { LineEvidence } from "../finding.ts";

export const BEARING_VERDICTS = ["outer", "inner", "ball", "cage", "none", "cannot-tell"] as const;
export type BearingVerdict = (typeof BEARING_VERDICTS)[number];

export interface CandidateEvidence {
  readonly candidate: Exclude<BearingVerdict, "none" | "cannot-tell">;
  /** How much speaks for it, in dB above the local background. */
  readonly scoreDb: number;
  /** What it had to reach. */
  readonly thresholdDb: number;
  /** The shaft's slip-corrected fundamental that fits best, in Hz. */
  readonly fundamentalHz: number;
  readonly lines: readonly LineEvidence[];
}

export interface BearingDecision {
  readonly verdict: BearingVerdict;
  /** 0 to 1: how sure the verdict is, also of `none`; 0 for `cannot-tell`. */
  readonly confidence: number;
  /** One plain sentence: why this verdict, or why none can be given. */
  readonly reason: string;
  /** Seconds of signal that it stands on. */
  readonly seconds: number;
  readonly candidates: readonly CandidateEvidence[];
}
