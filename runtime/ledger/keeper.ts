// Keeps the ledger of one controller: makes a leaf of everything that happens to the hours, chains
// it, and signs tree heads. It knows neither disk nor clock: what it writes to, signs with and asks
// for the time comes from outside, so that a machine's whole life runs in a test.

import type { Instant, Mono } from "../signal/instant.ts";
import type { OperatingMode, Registers, UsageState } from "../usage/usage-state.ts";
import { toBase64, utf8 } from "./bytes.ts";
import { checkpointBody } from "./checkpoint.ts";
import { type Signer, verifierKeyOf } from "./keys.ts";
import {
  AUDIT_TYPES,
  type Leaf,
  type LeafDetails,
  type LeafType,
  leafText,
  parseLeaf,
} from "./leaf.ts";
import { Frontier, HASH_BYTES, leafHash, type TreeNode } from "./merkle.ts";
import { signNote } from "./note.ts";

/** What the usage meter says of one instant; the leaf of that instant carries it. */
export interface UsageMoment {
  /** The instant whose registers these are. */
  readonly at: Mono;
  readonly state: UsageState;
  readonly mode: OperatingMode;
  readonly overload: boolean;
  readonly registers: Registers;
}

/** Where leaves go. What it takes it makes durable, in this order. */
export interface LeafLog {
  /** False where its queue is full: the leaf is not taken then, and counts as lapsed. */
  append(text: string, type: LeafType, utc: number | null, nodes: readonly TreeNode[]): boolean;
  putCheckpoint(size: number, note: string): void;
  /** Leaves that are on the disk, synced. */
  readonly committedSize: number;
}

/** What a ledger held when it was opened. */
export interface LedgerEnd {
  readonly size: number;
  /** Roots of the complete subtrees, from the left. */
  readonly frontier: readonly Uint8Array[];
  readonly lastLeaf: string | null;
}

export interface KeeperOptions {
  readonly controller: string;
  /** From 1; counts the ledgers that this controller had to begin anew. */
  readonly segment: number;
  readonly end: LedgerEnd;
  readonly log: LeafLog;
  /** Wall time of a monotonic instant of this boot. */
  readonly instantAt: (at: Mono) => Instant;
  readonly signer: Signer;
  /** SHA-256 of the metering code and of the machine file in force, hexadecimal. */
  readonly software: string;
  readonly configuration: string;
  /** A checkpoint is signed at least this often while leaves come, and a leaf made. */
  readonly checkpointEveryMs: number;
  readonly tickEveryMs: number;
  /** Counters to go on with where the ledger before was lost. */
  readonly counters?: { readonly starts: number; readonly events: number };
  readonly onLeaf?: (leaf: Leaf, text: string) => void;
  readonly onCheckpoint?: (size: number, note: string) => void;
}

/** C2SP origin and key name of a controller's ledger; later segments are logs of their own. */
export function ledgerOrigin(controller: string, segment: number): string {
  return segment === 1 ? `telltale/usage/${controller}` : `telltale/usage/${controller}/${segment}`;
}

/** The name in the device's verifier key: one key for all segments. */
export function ledgerKeyName(controller: string): string {
  return ledgerOrigin(controller, 1);
}

const NO_HASH = toBase64(new Uint8Array(HASH_BYTES));

export class LedgerKeeper {
  readonly origin: string;
  /** The device's verifier key. */
  readonly key: string;
  readonly #options: KeeperOptions;
  #frontier: Frontier;
  readonly #keyName: string;
  #previousHash: string;
  #starts: number;
  #events: number;
  #lease: Leaf["lease"];
  #lastAt: Mono = 0;
  #signedAt: Mono = 0;
  #signedSize = 0;
  #signed: string | null = null;
  #lapsed = 0;
  #lapseReason = "";

  constructor(options: KeeperOptions) {
    const { controller, segment, end, signer, counters } = options;
    this.#options = options;
    this.origin = ledgerOrigin(controller, segment);
    this.#keyName = ledgerKeyName(controller);
    this.key = verifierKeyOf(this.#keyName, signer).text;
    this.#frontier = new Frontier(end.size, end.frontier);
    const last = end.lastLeaf === null ? null : parseLeaf(end.lastLeaf);
    if (typeof last === "string") throw new TypeError(`the ledger's last leaf: ${last}`);
    this.#previousHash = end.lastLeaf === null ? NO_HASH : toBase64(leafHash(utf8(end.lastLeaf)));
    // A start that was cut off before its leaves were written is known by the slots alone.
    this.#starts = Math.max(last?.bseq ?? 0, counters?.starts ?? 0) + 1;
    this.#events = last?.evc ?? counters?.events ?? 0;
    this.#lease = last?.lease;
  }

  get size(): number {
    return this.#frontier.size;
  }

  /** To be kept beside the registers, for the day on which the ledger is lost. */
  get counters(): {
    readonly segment: number;
    readonly size: number;
    readonly starts: number;
    readonly events: number;
  } {
    const { segment, log } = this.#options;
    return { segment, size: log.committedSize, starts: this.#starts, events: this.#events };
  }

  /** The checkpoint of all leaves that there are; null where some have come since the last one. */
  get newestCheckpoint(): string | null {
    return this.#signedSize === this.size ? this.#signed : null;
  }

  get lease(): Leaf["lease"] {
    return this.#lease;
  }

  /** The lease as it stands from the next leaf on. */
  setLease(lease: Leaf["lease"]): void {
    this.#lease = lease;
  }

  /**
   * Adds a leaf. False where nothing takes it; a LAPSE leaf says so as soon as one is taken again.
   * @param instant overrides the clock's wall time, for an anchor that comes from elsewhere.
   */
  add<Type extends LeafType>(
    type: Type,
    detail: LeafDetails[Type],
    moment: UsageMoment,
    instant?: Pick<Instant, "utc" | "tq" | "err">,
  ): boolean {
    if (this.#lapsed > 0 && !this.#tellLapse(moment)) {
      this.#lapsed += 1;
      return false;
    }
    return this.#append(type, detail, moment, instant);
  }

  /** Call a few times a second: ticks and checkpoints come when they are due. */
  look(moment: UsageMoment, now: Mono): void {
    const { tickEveryMs, checkpointEveryMs } = this.#options;
    if (now - this.#lastAt >= tickEveryMs) this.add("TICK", {}, moment);
    if (this.#signedSize < this.size && now - this.#signedAt >= checkpointEveryMs) {
      this.checkpoint(now);
    }
  }

  /** Signs the tree as it is. The note is durable after the leaves that it covers. */
  checkpoint(now: Mono): string {
    const { log, signer, onCheckpoint } = this.#options;
    const { size } = this.#frontier;
    const body = checkpointBody({ origin: this.origin, size, root: this.#frontier.root() });
    const note = signNote(body, this.#keyName, signer);
    this.#signedAt = now;
    this.#signedSize = size;
    this.#signed = note;
    log.putCheckpoint(size, note);
    onCheckpoint?.(size, note);
    return note;
  }

  #append<Type extends LeafType>(
    typ: Type,
    d: LeafDetails[Type],
    { at, state, mode, overload, registers }: UsageMoment,
    instant?: Pick<Instant, "utc" | "tq" | "err">,
  ): boolean {
    const { controller, software, configuration, log, instantAt, onLeaf } = this.#options;
    const own = instantAt(at);
    const { utc, tq, err } = instant ?? own;
    const leaf = {
      v: 1,
      dev: controller,
      seq: this.#frontier.size,
      prev: this.#previousHash,
      typ,
      boot: own.boot,
      bseq: this.#starts,
      mono: at,
      ...(utc === null ? {} : { utc }),
      tq,
      ...(err === null ? {} : { err }),
      sw: software,
      cfg: configuration,
      evc: this.#events + (AUDIT_TYPES.has(typ) ? 1 : 0),
      st: state,
      mode,
      ovl: overload,
      regs: registers,
      ...(this.#lease ? { lease: this.#lease } : {}),
      d,
    } as unknown as Leaf;
    const text = leafText(leaf);
    const hash = leafHash(utf8(text));
    const next = this.#frontier.copy();
    const nodes = next.append(hash);
    if (!log.append(text, typ, utc, nodes)) {
      this.#lapsed += 1;
      this.#lapseReason = "the disk took no more leaves";
      return false;
    }
    this.#frontier = next;
    this.#previousHash = toBase64(hash);
    this.#events = leaf.evc;
    this.#lastAt = at;
    onLeaf?.(leaf, text);
    return true;
  }

  #tellLapse(moment: UsageMoment): boolean {
    const leaves = this.#lapsed;
    this.#lapsed = 0;
    if (this.#append("LAPSE", { leaves, reason: this.#lapseReason }, moment)) return true;
    this.#lapsed = leaves;
    return false;
  }
}
