// What the journal holds and every reader gets: the words of the stream protocol.

import type {
  Acknowledgement,
  AlarmEvent,
  AlarmEvidence,
  AlarmStanding,
  FindingFacts,
  Onset,
  Shelf,
} from "../diagnosis/alarm-state.ts";
import type { AlarmPriority, Ne107 } from "../diagnosis/alarms.ts";
import type { Advice } from "../diagnosis/knowledge.ts";
import type { Instant, TimeQuality } from "../signal/instant.ts";
import type { Quality, Reason } from "../signal/quality.ts";
import type { OperatingMode, Registers, UsageState } from "../usage/usage-state.ts";

/** In order of priority: when space is short, the last goes first. */
const RECORD_CLASSES = ["ledger", "alarm", "event", "value", "waveform"] as const;
export type RecordClass = (typeof RECORD_CLASSES)[number];

/** Kind → class. Index in the journal = position here: append only, never reorder. */
export const KINDS = [
  ["sample", "value"],
  ["usage", "value"],
  ["feature", "value"],
  ["alarm", "alarm"],
  ["finding", "alarm"],
  ["boot", "event"],
  ["recovery", "event"],
  ["device", "event"],
  ["configuration", "event"],
  ["command", "event"],
  ["time-step", "event"],
  ["journal", "event"],
  ["restart", "event"],
  ["leaf", "ledger"],
  ["checkpoint", "ledger"],
  ["cosignature", "ledger"],
  ["waveform", "waveform"],
  ["conflict", "event"],
] as const satisfies readonly (readonly [string, RecordClass])[];

export type Kind = (typeof KINDS)[number][0];
export type EventKind = Extract<(typeof KINDS)[number], readonly [string, "event"]>[0];

interface RecordHead {
  /** Position within the epoch: from 1, without holes but those that a `gap` names. */
  readonly seq: number;
  readonly class: RecordClass;
  readonly boot: string;
  readonly mono: number;
  readonly utc: number | null;
  readonly tq: TimeQuality;
  readonly err: number | null;
}

export interface SampleRecord extends RecordHead {
  readonly kind: "sample";
  readonly signal: string;
  readonly value: number | null;
  readonly quality: Quality;
  readonly reason?: Reason;
  readonly last?: number;
}

export interface UsageRecord extends RecordHead {
  readonly kind: "usage";
  readonly state: UsageState;
  readonly mode: OperatingMode;
  readonly registers: Registers;
}

/** One leaf of the ledger, verbatim; recorded once it is on the ledger's disk. */
export interface LeafRecord extends RecordHead {
  readonly kind: "leaf";
  /** Position in the ledger's segment. */
  readonly index: number;
  readonly type: string;
  readonly leaf: string;
}

/** A signed tree head (C2SP checkpoint), as the device or a witness signed it. */
export interface CheckpointRecord extends RecordHead {
  readonly kind: "checkpoint" | "cosignature";
  readonly size: number;
  readonly note: string;
}

export interface AlarmRecord extends RecordHead, AlarmBody {
  readonly kind: "alarm";
}

/** The fields of an alarm, in a record and in the answer to `get state`. */
export interface AlarmBody {
  readonly id: string;
  readonly source: string;
  readonly ne107: Ne107;
  readonly severity: number;
  /** Whether what it is about lasts; `standing` says what people have to do about it. */
  readonly state: "active" | "cleared";
  readonly text: string;
  /** In a record those of its moment, in the answer to `get state` those of its onset. */
  readonly registers: Registers;
  // What follows is not in records of version 0.2 and before.
  /** Why this record was written; absent in the answer to `get state`. */
  readonly event?: AlarmEvent;
  readonly standing?: AlarmStanding;
  readonly priority?: AlarmPriority;
  readonly latch?: boolean;
  /** Absent in the record that raises it, whose own instant and registers it has. */
  readonly onset?: Onset;
  readonly acknowledged?: Acknowledgement;
  /** Present while it is shelved: it is on record and makes FAULT, but does not annunciate. */
  readonly shelf?: Shelf;
  readonly finding?: FindingFacts;
  readonly evidence?: AlarmEvidence;
  readonly advice?: Advice;
}

/** A waveform that was kept around alarms; `get waveform` gives its samples by its hash. */
export interface WaveformRecord extends RecordHead, KeptWaveform {
  readonly kind: "waveform";
}

export interface KeptWaveform {
  readonly waveform: string;
  /** The alarms that it was kept for. */
  readonly alarms: readonly string[];
  /** UCUM code of the samples. */
  readonly unit: string;
  /** Samples per second. */
  readonly rate: number;
  readonly samples: number;
  /** How the bytes are to be read: 32-bit little-endian floats. */
  readonly format: "f32le";
  /** Names the file, and is the hash of its bytes. */
  readonly sha256: string;
  /** Where in it the windows lie that findings name by their hashes. */
  readonly windows: readonly EvidenceWindow[];
}

/** A part of a kept waveform: `samples` from `offset` on have this hash. */
export interface EvidenceWindow {
  readonly sha256: string;
  readonly offset: number;
  readonly samples: number;
}

export interface EventRecord extends RecordHead {
  readonly kind: EventKind;
  readonly name: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export type JournalRecord =
  | SampleRecord
  | UsageRecord
  | AlarmRecord
  | LeafRecord
  | CheckpointRecord
  | WaveformRecord
  | EventRecord;

/** A position in one journal. `epoch` changes when the journal is made anew. */
export interface Cursor {
  readonly epoch: string;
  readonly seq: number;
}

export interface RecordFilter {
  readonly kinds?: readonly string[] | undefined;
  readonly signals?: readonly string[] | undefined;
}

export interface RecordGap {
  readonly from: number;
  readonly to: number;
  readonly reason: "quota" | "retention" | "corrupt";
  readonly counts: Partial<Readonly<Record<RecordClass, number>>>;
}

/** What stands right after a position: a gap, or records; never both. */
export interface RecordPage {
  /** The range that was looked at; `to` < `from` where there is nothing yet. */
  readonly from: number;
  readonly to: number;
  /** One JSON text for each record that passes the filter. */
  readonly records: readonly string[];
  readonly gap?: RecordGap;
}

/** Registers at the end of one day (UTC), for a chart of hours. */
export interface UsageDay {
  /** `2026-11-23`. */
  readonly day: string;
  readonly registers: Registers;
  /** True where that day's time came from a simulation (a seeded demo). */
  readonly simulated: boolean;
}

/** What an earlier life of the meter left in the journal, for the one that begins. */
export interface Remembered {
  /** The last usage record: what the registers fall back to where their own file is lost. */
  readonly usage: {
    readonly boot: string;
    readonly mono: number;
    readonly registers: Registers;
  } | null;
  /** Alarms that stand or are shelved after their last record, with the instant of their onset. */
  readonly alarms: readonly (AlarmBody & { readonly since: Instant })[];
}
