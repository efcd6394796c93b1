// Where the diagnosis of one waveform stands: what a status page shows of it.

import type { BearingVerdict } from "./bearing/decision.ts";
import type { Zone } from "./severity.ts";

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
  /** What keeps it from concluding, in sentences. */
  readonly problems: readonly string[];
}
