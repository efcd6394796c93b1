// What the rig and the process that is the wire say to each other.

import type { Noise } from "../place.ts";

export interface WireOptions {
  /** A link that leads to whatever pseudo-terminal the host's end is at the time. */
  readonly hostPort: string;
  readonly devices: number;
  /** Where given, each device hears the requests to its own unit alone. */
  readonly units: readonly number[] | undefined;
  readonly baudRate: number;
  readonly seed: number;
  readonly noise: Partial<Noise>;
}

export type WireCommand = { readonly id: number } & (
  | { readonly verb: "noise"; readonly noise: Partial<Noise> }
  | { readonly verb: "cut" | "restore" | "unplug" | "plug" | "stats" | "log" }
);

/** The answer to 0 is unasked: the device ports, when the wire is there. */
export interface WireAnswer {
  readonly id: number;
  readonly value: unknown;
}
