// What the main thread and the feature thread say to each other: a few words per window. The
// samples themselves stay where they are, in shared memory.

import type { Mono } from "../signal/instant.ts";
import type { Reason } from "../signal/quality.ts";

/** A waveform as the thread sees it. */
export interface FeatureChannel {
  /** The memory of its ring. */
  readonly ring: SharedArrayBuffer;
  readonly windowSamples: number;
}

export interface FeatureThreadData {
  readonly channels: readonly FeatureChannel[];
}

export type ToFeatureThread =
  | {
      readonly t: "window";
      readonly channel: number;
      /** Position of the ring where the window ends. */
      readonly endPosition: number;
      /** The instant of its last sample. */
      readonly at: Mono;
    }
  | { readonly t: "close" };

/** One answer for each window, in their order. */
export type FromFeatureThread =
  | {
      readonly t: "features";
      readonly channel: number;
      /** In the order of FEATURES. */
      readonly values: Float64Array;
      readonly at: Mono;
    }
  | {
      readonly t: "none";
      readonly channel: number;
      /** `overrun`: overwritten before it was read. `sensor-fault`: flat, or not finite. */
      readonly reason: Extract<Reason, "overrun" | "sensor-fault">;
      readonly at: Mono;
    };
