// What the status page must be able to say while no meter answers; it reads the rest from the
// stream.
// Types alone, so that the page's own scripts are checked against the same words.

import type { ConfigurationStatus } from "../stream/frames.ts";

export interface MeterEnd {
  /** In words: a status or a signal, and what the meter said before. */
  readonly cause: string;
  readonly utc: number | null;
}

/** A party's witness, as the gateway last met it. */
export interface WitnessStatus {
  readonly name: string;
  readonly url: string;
  /** Milliseconds since it last cosigned; null where it has not since the gateway began. */
  readonly lastCosignedAge: number | null;
  /** Leaves that it last cosigned. */
  readonly size: number | null;
  /** Why it did not cosign when it was last asked; `fork` and `ahead` are grave. */
  readonly trouble: { readonly kind: string; readonly message: string } | null;
}

/** `GET /status.json`. */
export interface PanelStatus {
  /** `none`: no machine file can be metered with. `down`: the meter does not answer. */
  readonly meter: "running" | "down" | "none";
  /** Milliseconds since the meter last told the gateway anything; null before the first time. */
  readonly lastDataAge: number | null;
  /** How the meter ended while it is being started again; null where nothing is known of an end. */
  readonly lastEnd: MeterEnd | null;
  readonly configuration: ConfigurationStatus;
  readonly witnesses: readonly WitnessStatus[];
  readonly endpoints: { readonly stream: string; readonly opcua: string | null };
}
