// Where the diagnosis of one waveform stands: what a status page shows of it.

import type { BaselinePhase } from "./baseline/answer.ts";
import type { RemainingLifeAnswer } from "./baseline/remaining-life.ts";
import type { BearingVerdict } from "./bearing/decision.ts";
import type { Zone } from "./zone.ts";

/** How far it is known what is usual in the operating state. */
export interface BaselineStatus {
  readonly phase: BaselinePhase;
  /** 0 to 1: how much of the least learning is done. */
  readonly learned: number;
  /** It is not what it usually is. */
  readonly departs: boolean;
  /** Until zone D begins; null before anything departed, and where no limits were chosen. */
  readonly remainingLife: RemainingLifeAnswer | null;
}

export interface ChannelStatus {
  readonly waveform: string;
  /** What was judged last: a usage state, or `state/mode`. */
  readonly operatingState: string;
  /** Null where no limits were chosen, or nothing could be judged. */
  readonly zone: Zone | null;
  readonly bearings: readonly {
    /** The name that the machine file gives it. */
    readonly bearing: string;
    readonly verdict: BearingVerdict;
    /** 0 to 1. */
    readonly confidence: number;
    /** One sentence. */
    readonly reason: string;
  }[];
  readonly baseline: BaselineStatus;
  /** What keeps it from concluding, in sentences. */
  readonly problems: readonly string[];
}
