// The ledger of this controller: its file, its key, and the keeper that makes the leaves. A ledger
// or a key that is broken is set aside and another segment begins, which says so: hours do not
// wait.

import { toHex } from "../../runtime/ledger/bytes.ts";
import { LedgerKeeper } from "../../runtime/ledger/keeper.ts";
import type { Signer } from "../../runtime/ledger/keys.ts";
import {
  LEAF_BYTES_MAX,
  type Leaf,
  type LeafDetails,
  type LeafType,
  parseLeaf,
} from "../../runtime/ledger/leaf.ts";
import type { LedgerFacts, LedgerReader } from "../../runtime/ledger/reader.ts";
import type { LedgerStore } from "../../runtime/ledger-store/ledger.ts";
import type { LedgerOpening } from "../../runtime/ledger-store/thread-messages.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { KeptRegisters } from "../../runtime/usage/past-life.ts";
import type { SavedRegisters } from "../../runtime/usage/register-slots.ts";
import type { Recorder } from "./metering.ts";
import { PeriodCounters } from "./period-counters.ts";

/** Why a ledger begins anew, and what is known of the end of the one before. */
export interface BrokenSegment {
  readonly reason: string;
  readonly size: number | null;
  readonly checkpoint: string | null;
}

export interface MeterLedgerOptions {
  readonly store: LedgerStore;
  readonly opening: LedgerOpening;
  /** From 1. */
  readonly segment: number;
  /** Of the segment before this one, where this one has just begun. */
  readonly broken: BrokenSegment | null;
  readonly controller: string;
  readonly signer: Signer;
  /** The P-256 key that signs OCMF records. */
  readonly ocmfSigner: Signer;
  readonly software: string;
  readonly configuration: string;
  readonly checkpointEveryMs: number;
  readonly tickEveryMs: number;
  readonly clock: Clock;
  /** Where the counters stood by the register slots. */
  readonly slots: SavedRegisters["ledger"] | undefined;
  /** RECONCILE leaves are too many to be handed over with the opening: the newest one. */
  readonly reconciled: string | null;
  /** The newest STATE leaves, oldest first: when the machine was last started. */
  readonly changes: readonly string[];
}

/** Types whose leaves an earlier life left for the services and the comparison. */
const UPKEEP_TYPES: ReadonlySet<LeafType> = new Set(["SERVICE"] as const);

export class MeterLedger {
  readonly keeper: LedgerKeeper;
  readonly counters = new PeriodCounters();
  readonly store: LedgerStore;
  readonly segment: number;
  readonly #options: MeterLedgerOptions;
  readonly #last: Leaf | null;
  #newest: Leaf | null;
  /** Of this life. */
  #first: Leaf | null = null;
  /** Leaves and notes whose commit has not been told yet; the store's queue bounds them. */
  readonly #untold: { readonly index: number; readonly type: LeafType; readonly text: string }[] =
    [];
  readonly #untoldNotes: { readonly size: number; readonly note: string }[] = [];

  constructor(options: MeterLedgerOptions) {
    const { store, opening, controller, segment, signer, clock, slots } = options;
    this.#options = options;
    this.store = store;
    this.segment = segment;
    this.#last = opening.lastLeaf === null ? null : knownLeaf(opening.lastLeaf);
    this.#newest = this.#last;
    for (const leaf of this.audit) this.counters.follow(leaf);
    for (const text of options.changes) this.counters.follow(knownLeaf(text));
    this.keeper = new LedgerKeeper({
      controller,
      segment,
      end: opening,
      log: store,
      instantAt: (at) => clock.instantAt(at),
      signer,
      software: options.software,
      configuration: options.configuration,
      checkpointEveryMs: options.checkpointEveryMs,
      tickEveryMs: options.tickEveryMs,
      ...(slots ? { counters: slots } : {}),
      onLeaf: (leaf, text) => {
        this.#newest = leaf;
        this.#first ??= leaf;
        this.counters.follow(leaf);
        this.#untold.push({ index: leaf.seq, type: leaf.typ, text });
      },
      onCheckpoint: (size, note) => this.#untoldNotes.push({ size, note }),
    });
  }

  /** What the ledger remembers of the registers; null where it has just begun. */
  get kept(): KeptRegisters | null {
    const last = this.#last;
    return last && { boot: last.boot, mono: last.mono, registers: last.regs, starts: last.bseq };
  }

  /** The first leaf of a ledger that begins here; null where one goes on. */
  get genesis(): LeafDetails["GENESIS"] | null {
    if (this.#last !== null) return null;
    const { segment, broken, ocmfSigner } = this.#options;
    return {
      key: this.keeper.key,
      ocmfKey: toHex(ocmfSigner.publicKey()),
      segment,
      ...(broken === null ? {} : { reason: shortened(broken.reason) }),
      ...(broken?.size ? { brokenSize: broken.size } : {}),
      ...(broken?.checkpoint && broken.checkpoint.length < NOTE_LENGTH_MAX
        ? { brokenCheckpoint: broken.checkpoint }
        : {}),
    };
  }

  /** The code or the machine file is another one than at the last leaf; null where it is not. */
  configurationChange(file: string): LeafDetails["CONFIG"] | null {
    const { software, configuration } = this.#options;
    const last = this.#last;
    if (last?.sw === software && last.cfg === configuration) return null;
    return {
      file,
      ...(last === null ? {} : { previous: last.cfg, previousSoftware: last.sw }),
    };
  }

  /** Leaves that leases are restored from, oldest first. */
  get audit(): readonly Leaf[] {
    return this.#options.opening.audit.map(knownLeaf);
  }

  /** SERVICE leaves and the newest RECONCILE leaf. */
  get upkeepLeaves(): readonly Leaf[] {
    const { reconciled } = this.#options;
    const services = this.audit.filter(({ typ }) => UPKEEP_TYPES.has(typ));
    return reconciled === null ? services : [...services, knownLeaf(reconciled)];
  }

  /** The latest wall time with quality S on the ledger by its newest leaf; null where none is. */
  get synchronisedUtc(): number | null {
    const last = this.#newest;
    return last?.tq === "S" ? (last.utc ?? null) : null;
  }

  /** When a segment after the first began, by its first leaf; null where no clock said so. */
  get segmentBeganAt(): number | null {
    if (this.segment === 1) return null;
    const { firstLeaf } = this.#options.opening;
    const first = firstLeaf === null ? this.#first : knownLeaf(firstLeaf);
    return first?.utc ?? null;
  }

  get facts(): LedgerFacts {
    const { controller } = this.#options;
    const { origin, key } = this.keeper;
    return { controller, origin, key, segment: this.segment, size: this.store.committedSize };
  }

  /** Signs OCMF records; the checkpoints' key is the keeper's alone. */
  get ocmfSigner(): Signer {
    return this.#options.ocmfSigner;
  }

  async close(): Promise<void> {
    await this.store.close();
    this.#options.signer.close();
    this.#options.ocmfSigner.close();
  }

  /** What the parties may ask. */
  reader(): LedgerReader {
    const { store } = this;
    return {
      facts: async () => this.facts,
      leaves: (from, limit) => store.leaves(from, limit),
      indexAt: (utc) => store.indexAt(utc),
      newestOf: (types, before, limit) => store.newestOf(types, before, limit),
      inclusion: (index, size) => store.inclusion(index, size),
      consistency: (first, second) => store.consistency(first, second),
      frontier: (size) => store.frontier(size),
      checkpoints: (sizeMin, sizeMax, limit) => store.checkpoints(sizeMin, sizeMax, limit),
      freshCheckpoint: () => this.#freshCheckpoint(),
    };
  }

  /** Call when the store has committed: what is on its disk becomes records of the journal. */
  committed(size: number, recorder: Pick<Recorder, "record">, at: number): void {
    while (this.#untold.length > 0 && this.#untold[0]!.index < size) {
      const { index, type, text } = this.#untold.shift()!;
      recorder.record("leaf", { index, type, leaf: text }, at);
    }
    while (this.#untoldNotes.length > 0 && this.#untoldNotes[0]!.size <= size) {
      recorder.record("checkpoint", this.#untoldNotes.shift()!, at);
    }
  }

  /** Of everything that has happened by now. Signs only where something has since the last one. */
  async #freshCheckpoint(): Promise<string> {
    const { store, keeper } = this;
    const { refusal } = store.pressure;
    // A question must not wait for as long as a disk is full.
    if (refusal !== null) throw diskRefuses(refusal.reason);
    const note = keeper.newestCheckpoint ?? keeper.checkpoint(this.#options.clock.mono());
    await store.flush();
    const kept = await store.checkpoints(keeper.size, keeper.size, 1);
    return kept[0] ?? note;
  }
}

function diskRefuses(reason: string): Fault {
  const remedy = "look at the free space and the health of the disk, and ask again";
  return new Fault("LEDGER_UNUSABLE", `the ledger's disk takes nothing: ${reason}`, remedy);
}

/** Room for the other members of a leaf. */
const NOTE_LENGTH_MAX = LEAF_BYTES_MAX / 2;
const REASON_LENGTH_MAX = 200;

function shortened(reason: string): string {
  return reason.slice(0, REASON_LENGTH_MAX) || "unknown";
}

/** Of this ledger's own file, which was looked at when it was opened. */
function knownLeaf(text: string): Leaf {
  const leaf = parseLeaf(text);
  if (typeof leaf === "string") throw new TypeError(`a leaf of the ledger: ${leaf}`);
  return leaf;
}
