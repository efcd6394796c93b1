// telltale.stream.v1: the frames, their limits and their close codes. One side of a connection is
// the controller, the other the reader, whoever dialled.

import type { ChannelStatus } from "../../runtime/diagnosis/channel-status.ts";
import type {
  AlarmBody,
  Cursor,
  JournalRecord,
  RecordFilter,
  RecordGap,
} from "../../runtime/journal/record.ts";
import type { LedgerFacts } from "../../runtime/ledger/reader.ts";
import type { Instant } from "../../runtime/signal/instant.ts";
import type { LiveValue } from "../../runtime/signal/process-image.ts";
import type { DeviceSummary } from "../../runtime/supervise/poller.ts";
import type { ServiceStatus } from "../../runtime/usage/service-status.ts";
import type { OperatingMode, Registers, UsageState } from "../../runtime/usage/usage-state.ts";

export const SUBPROTOCOL = "telltale.stream.v1";
export const STREAM_PATH = "/stream";

/** Each bound is in `hello`, so that a reader need not know them by heart. */
export const LIMITS = {
  inboundBytesMax: 64 * 1024,
  outboundBytesMax: 1024 * 1024,
  batchRecordsMax: 1_000,
  subscriptionsMax: 32,
  /** Named consumers, each with a cursor that is kept for ever. */
  consumersMax: 64,
  windowDefault: 1_000,
  windowMax: 10_000,
  requestsMax: 16,
  latestRateMax: 20,
  /** The server stops reading the journal for a reader while this much waits in its socket. */
  bufferedBytesMax: 1024 * 1024,
} as const;

/** Commands that carry nothing but a name, and so need a right of their own: `alarms`. */
export const ALARM_COMMANDS = ["alarm-acknowledge", "alarm-shelve", "alarm-unshelve"] as const;

export const CLOSE = {
  badFrames: 4400,
  notAuthenticated: 4401,
  notAllowed: 4403,
  silent: 4408,
  consumerElsewhere: 4409,
  frameTooLarge: 4413,
  tooMany: 4429,
  goingAway: 1001,
  restarting: 1012,
} as const;

export interface MachineSummary {
  readonly maker: string;
  readonly model: string;
  readonly serialNumber: string;
  readonly location: string;
}

export interface Hello {
  readonly t: "hello";
  readonly v: 1;
  readonly controller: string;
  readonly machine: MachineSummary;
  readonly epoch: string;
  readonly boot: string;
  readonly oldest: number;
  readonly newest: number;
  readonly acked: Readonly<Record<string, number>>;
  readonly time: Instant;
  readonly limits: typeof LIMITS;
  readonly rights: readonly string[];
}

export type ControllerFrame =
  | Hello
  | {
      readonly t: "records";
      readonly sub: string;
      /** The range that was looked at, also where a filter let nothing through. */
      readonly from: number;
      readonly to: number;
      readonly late: boolean;
      readonly records: readonly JournalRecord[];
    }
  | ({ readonly t: "gap"; readonly sub: string } & RecordGap)
  | {
      readonly t: "reset";
      readonly sub: string;
      readonly old: string;
      readonly epoch: string;
      readonly oldest: number;
    }
  | { readonly t: "live"; readonly sub: string; readonly seq: number }
  | {
      readonly t: "latest";
      readonly sub: string;
      readonly values: Readonly<Record<string, LiveValue>>;
      /** How many newer values were passed over since the last frame. */
      readonly skipped: number;
    }
  | {
      readonly t: "beat";
      readonly newest: number;
      readonly acked: Readonly<Record<string, number>>;
      readonly time: Instant;
    }
  | { readonly t: "result"; readonly id: string; readonly ok: true; readonly value: unknown }
  | {
      readonly t: "result";
      readonly id: string;
      readonly ok: false;
      readonly error: { readonly code: string; readonly message: string };
    }
  | { readonly t: "error"; readonly code: string; readonly message: string; readonly id?: string }
  | { readonly t: "bye"; readonly reason: string; readonly retryAfter: number };

export type ReaderFrame =
  | {
      readonly t: "subscribe";
      readonly sub: string;
      readonly mode: "log" | "latest";
      readonly from?: Cursor | "oldest" | "newest" | undefined;
      readonly consumer?: string | undefined;
      readonly filter?: RecordFilter | undefined;
      readonly window?: number | undefined;
      /** `latest`: frames per second at most. */
      readonly maxRate?: number | undefined;
    }
  | { readonly t: "ack"; readonly sub: string; readonly epoch: string; readonly seq: number }
  | { readonly t: "unsubscribe"; readonly sub: string }
  | {
      readonly t: "get";
      readonly id: string;
      readonly what: string;
      readonly args?: Readonly<Record<string, unknown>> | undefined;
    }
  | {
      readonly t: "command";
      readonly id: string;
      readonly name: string;
      readonly args?: Readonly<Record<string, unknown>> | undefined;
      readonly key?: string | undefined;
    }
  | { readonly t: "auth"; readonly token: string }
  | { readonly t: "ping"; readonly id: string };

/** `get signals`: what the signals are. In the machine file's order. */
export interface SignalSummary {
  readonly name: string;
  readonly description: string;
  /** UCUM. */
  readonly unit: string;
  readonly range: readonly [number | null, number | null];
  readonly staleMs: number;
  readonly source: string;
  /** A feature beyond a waveform's first four: looked at when something is wrong, not each day. */
  readonly isDetail?: true;
}

/** `get state`: everything a status page or `telltale status` shows of the present. */
export interface MeterState {
  readonly machine: MachineSummary;
  readonly controller: string;
  readonly time: Instant;
  readonly usage: {
    readonly state: UsageState;
    readonly sinceMono: number;
    readonly mode: OperatingMode;
    readonly overload: boolean;
    /** Who says FAULT; null in other states. */
    readonly source: string | null;
    readonly registers: Registers;
    /**
     * Gained since the machine went on hire, and since it was last started; null where it is not.
     */
    readonly periods: { readonly rental: Registers | null; readonly trip: Registers | null };
  };
  /** Service intervals, in the machine file's order. */
  readonly services: readonly ServiceStatus[];
  /** Where the hours are proved. */
  readonly ledger: LedgerSummary;
  readonly values: Readonly<Record<string, LiveValue>>;
  readonly devices: readonly DeviceSummary[];
  readonly alarms: readonly (AlarmBody & { readonly since: Instant })[];
  /** Of each waveform that is diagnosed, once something was concluded. */
  readonly diagnosis: readonly ChannelStatus[];
  readonly journal: {
    readonly epoch: string;
    readonly oldest: number;
    readonly newest: number;
    readonly pendingRows: number;
    readonly droppedRows: number;
    /** Since when the disk takes no record, and why; null while it does. */
    readonly refusal: { readonly since: Instant; readonly reason: string } | null;
    readonly bytes: number;
  };
  readonly configuration: ConfigurationStatus;
}

export interface LedgerSummary extends LedgerFacts {
  /** Leaves that wait for the disk. */
  readonly pendingLeaves: number;
  /** The lease that runs, and where in its life it is; null where there is none. */
  readonly lease: { readonly id: string; readonly state: string } | null;
}

/** `get waveform`: a part of a waveform that was kept with an alarm. */
export interface WaveformPart {
  /** Bytes of the whole. */
  readonly size: number;
  readonly offset: number;
  /** 32-bit little-endian floats. */
  readonly base64: string;
}

/** Bytes of a waveform in one answer, so that it stays below a frame's limit as base64. */
export const WAVEFORM_PART_BYTES_MAX = 384 * 1024;

/** `get history`: the last hour of a signal, oldest first; what is older is among the records. */
export interface SignalHistory {
  /** Ages in ms at the time of the answer. */
  readonly ages: readonly number[];
  /** Null where the sample was bad. */
  readonly values: readonly (number | null)[];
}

/** `get trace`: one frame of a device, or the fault that came of those before it. */
export interface TracedFrame {
  /** Goes up by one per frame of this device. */
  readonly seq: number;
  readonly mono: number;
  /** Milliseconds since 1970; null where no clock can be believed. */
  readonly utc: number | null;
  readonly way: "sent" | "received" | "fault";
  /** Of the whole frame, in bytes or characters; a long one is shown in part. */
  readonly length: number;
  /** The bytes, where the frame has bytes; else `text` is there. */
  readonly hex?: string;
  readonly text?: string;
}

/**
 * Of one answer: 200 frames of 512 bytes in hex are 200 kB, a fifth of what a frame may hold. A
 * page that is not full has nothing behind it.
 */
export const TRACE_PAGE_FRAMES_MAX = 200;

/** Asked with `device` and, after the first time, `from`; asking is what keeps the trace on. */
export interface TracePage {
  readonly frames: readonly TracedFrame[];
  /** What to ask with as `from` the next time. */
  readonly next: number;
  /** Frames that were passed over because nobody asked in time. */
  readonly missed: number;
}

/** Which machine file is in force, and what is wrong with the one that was asked for. */
export interface ConfigurationStatus {
  readonly file: string;
  readonly inForce: "given" | "last-good" | "none";
  /** SHA-256 of the file in force, hexadecimal: what a contract approves; null where none is. */
  readonly sha256: string | null;
  /** `file:line:column path: message`, one string each. */
  readonly problems: readonly string[];
}
