// One leaf of the ledger: what the machine did, when, counted by which code and configuration, and
// what the registers said at that instant. A leaf's bytes are canonical JSON of strings, integers
// and booleans; they are stored and hashed verbatim. What is not known is left out, never null.

import { type Schema, schema } from "../schema/schema.ts";
import type { TimeQuality } from "../signal/instant.ts";
import {
  OPERATING_MODES,
  type OperatingMode,
  REGISTER_NAMES,
  type Registers,
  USAGE_STATES,
  type UsageState,
} from "../usage/usage-state.ts";
import { canonicalJson } from "./canonical-json.ts";

/** Far above the largest leaf, an instruction with three signatures. In bytes. */
export const LEAF_BYTES_MAX = 16 * 1024;

/**
 * - `GENESIS`     first leaf of a ledger or of a segment; names the keys, or the break before it
 * - `BOOT`        the meter begins in a new boot, or again in the same one
 * - `RECOVERY`    what lies between the saved registers and now, and the bound of what is lost
 * - `STATE`       the usage state, mode or overload changed; dated at its first qualifying sample
 * - `TICK`        nothing changed for a while
 * - `STOP`        a stop that was asked for, or an announced power failure
 * - `ANCHOR`      wall time from a source, for this monotonic instant; dates earlier leaves of the
 *                 boot
 * - `TIME_STEP`   the wall clock moved by more than a second against the monotonic one
 * - `GAP`         a suspend or a stopped process: time that became UNKNOWN
 * - `CONFIG`      the configuration or the metering code changed
 * - `OFFSET`      a replaced controller or meter, signed by both parties
 * - `CONFLICT`    witnesses of a state contradicted each other
 * - `RECONCILE`   the machine's own hour register was compared
 * - `LEASE`       a signed instruction of the parties
 * - `SERVICE`     a service interval warns, is due, or was done
 * - `COSIGNATURE` a witness has cosigned a checkpoint of this ledger
 * - `LAPSE`       leaves that could not be written; the registers went on
 */
export const LEAF_TYPES = [
  "GENESIS",
  "BOOT",
  "RECOVERY",
  "STATE",
  "TICK",
  "STOP",
  "ANCHOR",
  "TIME_STEP",
  "GAP",
  "CONFIG",
  "OFFSET",
  "CONFLICT",
  "RECONCILE",
  "LEASE",
  "SERVICE",
  "COSIGNATURE",
  "LAPSE",
] as const;
export type LeafType = (typeof LEAF_TYPES)[number];

/** Leaves that change how or for whom hours are counted: each raises the event counter. */
export const AUDIT_TYPES: ReadonlySet<LeafType> = new Set<LeafType>([
  "GENESIS",
  "TIME_STEP",
  "CONFIG",
  "OFFSET",
  "LEASE",
  "LAPSE",
]);

/** What each type says beside the head. Times are milliseconds, `utc` since 1970. */
export interface LeafDetails {
  readonly GENESIS: {
    /** Verifier key (C2SP vkey) of the device, and its P-256 key for OCMF (SPKI, hexadecimal). */
    readonly key: string;
    readonly ocmfKey?: string;
    /** From 1. */
    readonly segment: number;
    /** Of the segment before: what was known of its end, and why it ended. */
    readonly brokenSize?: number;
    readonly brokenCheckpoint?: string;
    readonly reason?: string;
  };
  readonly BOOT: { readonly previousBoot?: string };
  readonly RECOVERY: {
    readonly previousBoot: string;
    /** The last instant of that boot that the registers hold, UNKNOWN time included. */
    readonly previousMono: number;
    /** What was observed and not decided when it was saved: it became UNKNOWN. */
    readonly undecidedMs: number;
    /** Within one boot: from there to here, certain, and UNKNOWN. */
    readonly gapMs?: number;
    /**
     * Of a GAP whose leaf a cut took: UNKNOWN time that the monotonic clock did not count, and that
     * the registers hold nevertheless.
     */
    readonly addedMs?: number;
    /** At most this much running time is missing. */
    readonly lossBoundMs: number;
    readonly from: "slots" | "ledger" | "journal" | "nothing";
  };
  readonly STATE: {
    readonly from: UsageState;
    /** Who says FAULT: `machine`, `alarm:NAME`, `instruction:ID`. */
    readonly source?: string;
  };
  readonly TICK: Record<string, never>;
  readonly STOP: { readonly reason: "asked" | "power-fail" };
  readonly ANCHOR: { readonly source: "ntp" | "gnss" | "rtc" | "witness"; readonly by?: string };
  readonly TIME_STEP: {
    readonly byMs: number;
    readonly beforeUtc: number;
    readonly afterUtc: number;
  };
  readonly GAP: {
    readonly cause: "suspend" | "stopped";
    /** Length of the gap. */
    readonly forMs: number;
    /** Of it, milliseconds that the monotonic clock did not count and UNKNOWN got beside it. */
    readonly addedMs: number;
  };
  readonly CONFIG: {
    readonly previous?: string;
    readonly previousSoftware?: string;
    readonly file: string;
  };
  /** A general JWS (RFC 7515 §7.2.1), canonical JSON as text, whose payload is an instruction. */
  readonly OFFSET: { readonly jws: string };
  readonly LEASE: { readonly jws: string };
  readonly CONFLICT: {
    readonly name: string;
    readonly state: "began" | "ended";
    /** The witnesses and what each said, such as `runContact=true`. */
    readonly says: readonly string[];
  };
  readonly RECONCILE: {
    /** What the machine's register says, in milliseconds. */
    readonly nativeMs: number;
    /** Since the last comparison: by the machine's register and by ours. */
    readonly nativeDeltaMs: number;
    readonly ownDeltaMs: number;
    readonly toleranceMs: number;
    readonly verdict:
      | "agrees"
      | "differs"
      | "rate"
      | "backwards"
      | "rollover"
      | "transient"
      | "first";
    /** Running time that the register proves for the gap before this start; in no register. */
    readonly substituteMs?: number;
  };
  readonly SERVICE: {
    readonly name: string;
    readonly state: "warning" | "due" | "done";
    /** Register value at which the interval began, and the interval; ms or events. */
    readonly since: number;
    readonly every: number;
    readonly jws?: string;
  };
  readonly COSIGNATURE: {
    /** The signed note with the witness's signature line, as received. */
    readonly note: string;
    readonly witness: string;
    /** Seconds since 1970 by the witness's clock. */
    readonly time: number;
  };
  readonly LAPSE: { readonly leaves: number; readonly reason: string };
}

interface LeafHead {
  readonly v: 1;
  /** Controller id. */
  readonly dev: string;
  /** Position in the ledger's segment, from 0: its index in the Merkle tree. */
  readonly seq: number;
  /** SHA-256 leaf hash of the leaf before, base64; of 32 zero bytes for the first. */
  readonly prev: string;
  readonly boot: string;
  /** Counts the starts of the meter; never resets. */
  readonly bseq: number;
  /** The instant whose registers these are, on the monotonic clock of the boot. */
  readonly mono: number;
  /** What the wall clock said then; absent where none can be believed. */
  readonly utc?: number;
  readonly tq: TimeQuality;
  /** Bound of the wall time's error; absent where nobody knows. */
  readonly err?: number;
  /** SHA-256 of the metering code and of the configuration (the machine file), hexadecimal. */
  readonly sw: string;
  readonly cfg: string;
  /** Counts audit leaves; never resets. */
  readonly evc: number;
  /** What holds from `mono` on. */
  readonly st: UsageState;
  readonly mode: OperatingMode;
  readonly ovl: boolean;
  readonly regs: Registers;
  /** The lease that runs, and where in its life it is. */
  readonly lease?: { readonly id: string; readonly state: LeaseState };
}

/** Where a lease is: see lease.ts for what leads from one to the next. */
export const LEASE_STATES = [
  "delivered",
  "accepted",
  "on-hire",
  "standby",
  "off-hire",
  "returned",
] as const;
export type LeaseState = (typeof LEASE_STATES)[number];

export type Leaf = {
  readonly [Type in LeafType]: LeafHead & { readonly typ: Type; readonly d: LeafDetails[Type] };
}[LeafType];

/** Of one type. */
export type LeafOf<Type extends LeafType> = Extract<Leaf, { readonly typ: Type }>;

const count = schema.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const milliseconds = count;
const signed = schema.number().int().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER);
const text = schema.string().max(LEAF_BYTES_MAX);
const word = schema.string().min(1).max(200);
const hash = schema.string().regex(/^[0-9a-f]{64}$/);

const details: { readonly [Type in LeafType]: Schema<LeafDetails[Type]> } = {
  GENESIS: schema.strictObject({
    key: word,
    ocmfKey: word.exactOptional(),
    segment: count.min(1),
    brokenSize: count.exactOptional(),
    brokenCheckpoint: text.exactOptional(),
    reason: word.exactOptional(),
  }),
  BOOT: schema.strictObject({ previousBoot: word.exactOptional() }),
  RECOVERY: schema.strictObject({
    previousBoot: word,
    previousMono: milliseconds,
    undecidedMs: milliseconds,
    gapMs: milliseconds.exactOptional(),
    addedMs: milliseconds.exactOptional(),
    lossBoundMs: milliseconds,
    from: schema.enum(["slots", "ledger", "journal", "nothing"]),
  }),
  STATE: schema.strictObject({
    from: schema.enum(USAGE_STATES),
    source: word.exactOptional(),
  }),
  TICK: schema.strictObject({}),
  STOP: schema.strictObject({ reason: schema.enum(["asked", "power-fail"]) }),
  ANCHOR: schema.strictObject({
    source: schema.enum(["ntp", "gnss", "rtc", "witness"]),
    by: word.exactOptional(),
  }),
  TIME_STEP: schema.strictObject({ byMs: signed, beforeUtc: signed, afterUtc: signed }),
  GAP: schema.strictObject({
    cause: schema.enum(["suspend", "stopped"]),
    forMs: milliseconds,
    addedMs: milliseconds,
  }),
  CONFIG: schema.strictObject({
    previous: hash.exactOptional(),
    previousSoftware: hash.exactOptional(),
    file: schema.string().max(1_000),
  }),
  OFFSET: schema.strictObject({ jws: text }),
  LEASE: schema.strictObject({ jws: text }),
  CONFLICT: schema.strictObject({
    name: word,
    state: schema.enum(["began", "ended"]),
    says: schema.array(word).max(32),
  }),
  RECONCILE: schema.strictObject({
    nativeMs: milliseconds,
    nativeDeltaMs: signed,
    ownDeltaMs: milliseconds,
    toleranceMs: milliseconds,
    verdict: schema.enum([
      "agrees",
      "differs",
      "rate",
      "backwards",
      "rollover",
      "transient",
      "first",
    ]),
    substituteMs: milliseconds.exactOptional(),
  }),
  SERVICE: schema.strictObject({
    name: word,
    state: schema.enum(["warning", "due", "done"]),
    since: count,
    every: count,
    jws: text.exactOptional(),
  }),
  COSIGNATURE: schema.strictObject({ note: text, witness: word, time: count }),
  LAPSE: schema.strictObject({ leaves: count, reason: word }),
};

const registers = schema.strictObject(
  Object.fromEntries(REGISTER_NAMES.map((name) => [name, count])) as Record<
    keyof Registers,
    typeof count
  >,
);

const head = {
  v: schema.literal(1),
  dev: word,
  seq: count,
  prev: schema.string().regex(/^[A-Za-z0-9+/]{43}=$/),
  boot: word,
  bseq: count,
  mono: milliseconds,
  utc: signed.exactOptional(),
  tq: schema.enum(["S", "R", "I", "U"]),
  err: milliseconds.exactOptional(),
  sw: hash,
  cfg: hash,
  evc: count,
  st: schema.enum(USAGE_STATES),
  mode: schema.enum(OPERATING_MODES),
  ovl: schema.boolean(),
  regs: registers,
  lease: schema.strictObject({ id: word, state: schema.enum(LEASE_STATES) }).exactOptional(),
} as const;

const leafSchema = schema.discriminatedUnion(
  "typ",
  LEAF_TYPES.map((typ) =>
    schema.strictObject({ ...head, typ: schema.literal(typ), d: details[typ] }),
  ) as unknown as Parameters<typeof schema.discriminatedUnion>[1],
) as unknown as Schema<Leaf>;

/** The leaf's text; its UTF-8 bytes are what is stored and hashed. */
export function leafText(leaf: Leaf): string {
  return canonicalJson(leaf);
}

/** The leaf of a text, or one sentence that says what is wrong with it. */
export function parseLeaf(text: string): Leaf | string {
  if (text.length > LEAF_BYTES_MAX) return `it has more than ${LEAF_BYTES_MAX} bytes`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "it is no JSON";
  }
  const parsed = leafSchema.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    return `${path.join(".") || "it"}: ${message}`;
  }
  // Duplicate keys, spaces or another order would be a second text for the same leaf.
  return leafText(parsed.data) === text ? parsed.data : "its text is not canonical JSON";
}
