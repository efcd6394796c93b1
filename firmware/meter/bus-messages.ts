// What the meter and the process of a bus say to each other. Sent by structured clone, so that
// numbers that are not finite and typed arrays arrive as they were.

import type { FaultCode } from "../../runtime/signal/fault.ts";
import type { LogFields } from "../../runtime/signal/log.ts";
import type { Reason } from "../../runtime/signal/quality.ts";

/** A `Fault` on its way. */
export interface FaultText {
  readonly code: FaultCode;
  readonly message: string;
  readonly remedy: string;
}

export interface CreateBus {
  readonly t: "create";
  readonly driver: string;
  readonly name: string;
  readonly settings: unknown;
  readonly devices: readonly {
    readonly name: string;
    readonly settings: unknown;
    readonly points: readonly { readonly name: string; readonly settings: unknown }[];
  }[];
}

export type Operation =
  | { readonly op: "read" }
  | { readonly op: "start" }
  | { readonly op: "write"; readonly point: number; readonly raw: number };

export type ToBus =
  | CreateBus
  | ({ readonly t: "call"; readonly id: number; readonly device: number } & Operation)
  /** The meter is alive; `traced` are the devices whose frames somebody wants to see. */
  | { readonly t: "beat"; readonly traced: readonly number[] }
  | { readonly t: "close" };

/** What a device's sink and wire were told, in its order. */
export type Event =
  | readonly ["sample", number, number, number, number]
  | readonly ["bad", number, number, Reason, number, FaultText | null]
  | readonly ["block", number, number, Float32Array, number]
  | readonly ["gap", number, number, number | null, number]
  | readonly ["lost", number, FaultText]
  | readonly ["sent" | "received", number, Uint8Array | string]
  | readonly ["counted", number, number, number];

export type FromBus =
  | { readonly t: "events"; readonly events: readonly Event[] }
  | { readonly t: "done"; readonly id: number }
  | { readonly t: "failed"; readonly id: number; readonly fault: FaultText }
  | { readonly t: "beat" }
  | {
      readonly t: "log";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly message: string;
      readonly fields: LogFields;
    };

/** How often the meter says that it is alive, and its bus answers. */
export const BEAT_MS = 1_000;
