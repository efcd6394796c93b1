// What the main thread and the diagnosis thread say to each other: a few words per window. The
// samples themselves stay where they are, in shared memory.

import type { EvidenceWindow } from "../journal/record.ts";
import type { HistoryLayout } from "../ring/history-ring.ts";
import type { Mono } from "../signal/instant.ts";
import type { Reason } from "../signal/quality.ts";
import type { Circumstances, DiagnosisChannel } from "./channel.ts";
import type { ChannelStatus } from "./channel-status.ts";
import type { Finding } from "./finding.ts";
import type { WatchedFeature } from "./machine-baselines.ts";
import type { LearnedState, StandingFinding } from "./machine-diagnosis.ts";

/** A waveform as the thread sees it. */
export interface ThreadChannel {
  /** The memory of its ring. */
  readonly ring: SharedArrayBuffer;
  readonly windowSamples: number;
  /** Null where the machine file asks for no diagnosis: it has the four features alone. */
  readonly diagnosis: DiagnosisChannel | null;
}

/** The slow signals that are learned together, as the thread sees them. */
export interface ThreadSignals {
  /** The memory of the history of all signals, and where each stands in it. */
  readonly layout: HistoryLayout;
  readonly history: SharedArrayBuffer;
  /** Which of them are watched: their rows in the history. */
  readonly rows: readonly number[];
  readonly watched: readonly WatchedFeature[];
}

/** What an earlier life of the meter learned. */
export interface Inheritance {
  readonly learned: LearnedState;
  /** What has to be added to its instants; null where nobody knows, after a boot. */
  readonly shiftMs: number | null;
}

export interface DiagnosisThreadData {
  readonly channels: readonly ThreadChannel[];
  readonly signals: ThreadSignals;
  /** Time in an operating state before anything is held against what is usual there. */
  readonly learnMs: number;
  /** Findings that are alarms of an earlier life: this one says when they are over. */
  readonly standing: readonly StandingFinding[];
  readonly inheritance: Inheritance | null;
}

export type ToDiagnosisThread =
  | {
      readonly t: "window";
      readonly channel: number;
      /** Position of the ring where the window ends. */
      readonly endPosition: number;
      /** The instant of its last sample. */
      readonly at: Mono;
      /** Null where the window is not to be judged: between two states, or in another one. */
      readonly circumstances: Circumstances | null;
    }
  | {
      /** Copies samples out, to be kept with an alarm. */
      readonly t: "copy";
      readonly key: number;
      readonly channel: number;
      readonly endPosition: number;
      readonly samples: number;
    }
  | {
      /** Looks at the watched signals, which are in shared memory. */
      readonly t: "signals";
      readonly at: Mono;
      readonly operatingState: string;
      /** What the look stands for. */
      readonly seconds: number;
    }
  /** Somebody worked on the machine: what is usual is learned anew. */
  | { readonly t: "maintained"; readonly at: Mono }
  | { readonly t: "learned" }
  | { readonly t: "close" };

export type FromDiagnosisThread =
  /** One of these two answers each window, in their order. */
  | {
      readonly t: "features";
      readonly channel: number;
      /** In the order of the channel's feature set; NaN where one cannot be said. */
      readonly values: Float64Array;
      readonly at: Mono;
      /** What was concluded with this window. */
      readonly said: Said | null;
    }
  | {
      readonly t: "none";
      readonly channel: number;
      /** `overrun`: overwritten before it was read. `sensor-fault`: flat, or not finite. */
      readonly reason: Extract<Reason, "overrun" | "sensor-fault">;
      readonly at: Mono;
      readonly said: Said | null;
    }
  /** What was said of the watched signals. */
  | { readonly t: "signals"; readonly said: Omit<Said, "status">; readonly at: Mono }
  /** Why something of what was inherited does not fit. */
  | { readonly t: "refused"; readonly reasons: readonly string[] }
  | { readonly t: "copied"; readonly key: number; readonly copy: CopiedWaveform | null }
  | { readonly t: "learned"; readonly learned: LearnedState };

/** What a window brought beside its features. */
export interface Said {
  readonly findings: readonly Finding[];
  /** Ids of findings that were said before and do not hold any more. */
  readonly gone: readonly string[];
  readonly status: ChannelStatus;
}

export interface CopiedWaveform {
  readonly samples: Float32Array;
  /** SHA-256 of the samples as 32-bit little-endian floats, in hex. */
  readonly sha256: string;
  /** The windows in it that findings stand on. */
  readonly windows: readonly EvidenceWindow[];
}
