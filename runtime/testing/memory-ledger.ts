// A ledger without files and threads, for simulations and tests: the same face, a disk of arrays
// that outlives the life that writes it, and the ways in which a real one fails, by name.

import assert from "node:assert/strict";
import { toBase64 } from "../ledger/bytes.ts";
import type { LeafType } from "../ledger/leaf.ts";
import { consistencyProof, inclusionProof, peaksOf, type TreeNode } from "../ledger/merkle.ts";
import { CHECKPOINTS_PER_ANSWER_MAX, LEAVES_PER_ANSWER_MAX } from "../ledger/reader.ts";
import { LeafQueue } from "../ledger-store/leaf-queue.ts";
import { LedgerCorrupt, type LedgerPressure, type LedgerStore } from "../ledger-store/ledger.ts";
import { mergedNote } from "../ledger-store/merged-note.ts";
import { RESTORED_MAX, RESTORED_TYPES } from "../ledger-store/opening.ts";
import { storedAt, storedCount } from "../ledger-store/stored-nodes.ts";
import type {
  FoundLeaf,
  LedgerBatch,
  LedgerOpening,
  NewLeaf,
} from "../ledger-store/thread-messages.ts";
import type { Timer, Timers } from "../signal/timers.ts";

const COMMIT_MS = 20;
const RETRY_MS = 2_000;

/** What is on the disk; it goes on when the process does not. */
export class MemoryLedgerDisk {
  readonly leaves: NewLeaf[] = [];
  readonly nodes: Uint8Array[] = [];
  readonly checkpoints = new Map<number, string>();
  /** While it is set the disk takes nothing, for this reason. */
  refusal: string | null = null;
  /** While it is set the file is damaged, in this way. */
  corruption: string | null = null;

  write({ leaves, checkpoints }: LedgerBatch): void {
    this.leaves.push(...leaves);
    for (const { nodes } of leaves) {
      for (const { level, position, hash } of nodes) this.nodes[storedAt(level, position)] = hash;
    }
    for (const { size, note } of checkpoints) {
      const known = this.checkpoints.get(size);
      const merged = known === undefined ? { note } : mergedNote(known, note);
      if (typeof merged !== "string") this.checkpoints.set(size, merged.note);
    }
  }

  /** A card that said "synced" and had not: the newest leaves are gone, with their checkpoints. */
  forget(leaves: number): void {
    this.leaves.splice(Math.max(0, this.leaves.length - leaves));
    this.nodes.splice(storedCount(this.leaves.length));
    for (const size of this.checkpoints.keys()) {
      if (size > this.leaves.length) this.checkpoints.delete(size);
    }
  }

  /** A copy of the whole disk, to be put back later. */
  image(): MemoryLedgerDisk {
    const image = new MemoryLedgerDisk();
    image.leaves.push(...this.leaves);
    image.nodes.push(...this.nodes);
    for (const [size, note] of this.checkpoints) image.checkpoints.set(size, note);
    return image;
  }
}

export interface MemoryLedgerOptions {
  readonly disk: MemoryLedgerDisk;
  readonly timers: Timers;
  /** How long a commit takes; leaves that come meanwhile go into the next one. */
  readonly commitMs?: number;
  readonly onCommitted?: (size: number) => void;
  readonly onFailure?: (error: Error) => void;
}

export interface LedgerCrash {
  /** The batch that was being written: a transaction is there as a whole, or not at all. */
  readonly inFlight: "lost" | "kept";
  /** Acknowledged leaves that the disk had not written after all; see `MemoryLedgerDisk.forget`. */
  readonly forgotten?: number;
}

export class MemoryLedger implements LedgerStore {
  readonly #options: MemoryLedgerOptions;
  readonly #disk: MemoryLedgerDisk;
  readonly #queue = new LeafQueue();
  #size = 0;
  #refusedLeaves = 0;
  #inFlight: LedgerBatch | null = null;
  #timer: Timer | null = null;
  #closed = false;

  constructor(options: MemoryLedgerOptions) {
    this.#options = options;
    this.#disk = options.disk;
  }

  get committedSize(): number {
    return this.#disk.leaves.length;
  }

  get pressure(): LedgerPressure {
    const reason = this.#disk.refusal;
    return {
      pendingLeaves: this.#size - this.committedSize,
      refusedLeaves: this.#refusedLeaves,
      refusal: reason === null ? null : { since: 0, reason },
    };
  }

  async open(): Promise<LedgerOpening> {
    return this.openNow();
  }

  openNow(): LedgerOpening {
    const { leaves, checkpoints, corruption } = this.#disk;
    const size = leaves.length;
    const firstLeaf = leaves[0]?.text ?? null;
    const newest = Math.max(-1, ...checkpoints.keys());
    const checkpoint = checkpoints.get(newest) ?? null;
    if (corruption !== null) throw new LedgerCorrupt(corruption, { size, firstLeaf, checkpoint });
    this.#size = size;
    const dates = leaves.map(({ utc }) => utc).filter((utc) => utc !== null);
    return {
      size,
      frontier: peaksOf(size, this.#nodeAt),
      firstLeaf,
      lastLeaf: leaves.at(-1)?.text ?? null,
      checkpoint,
      audit: leaves
        .filter(({ type }) => RESTORED_TYPES.includes(type))
        .slice(-RESTORED_MAX)
        .map(({ text }) => text),
      lastUtc: dates.reduce((latest: number | null, utc) => Math.max(latest ?? utc, utc), null),
    };
  }

  append(text: string, type: LeafType, utc: number | null, nodes: readonly TreeNode[]): boolean {
    assert(!this.#closed, "a ledger that crashed takes nothing");
    assert(nodes[0]?.position === this.#size, "a leaf follows the last one");
    if (!this.#queue.add({ text, type, utc, nodes }, this.#inFlight?.leaves.length ?? 0)) {
      this.#refusedLeaves++;
      return false;
    }
    this.#size++;
    this.#begin();
    return true;
  }

  putCheckpoint(size: number, note: string): void {
    assert(size <= this.#size, "a checkpoint is of leaves that were handed over");
    this.#queue.put({ size, note });
    this.#begin();
  }

  /** At once: whoever flushes waits for the disk, however long it takes. */
  async flush(): Promise<void> {
    this.flushNow();
  }

  flushNow(): void {
    while (this.#inFlight !== null && this.#disk.refusal === null) this.#finish();
  }

  /** The process is gone. What was handed over and not committed is lost, or not: as it is said. */
  crash({ inFlight, forgotten = 0 }: LedgerCrash): void {
    this.#timer?.cancel();
    this.#closed = true;
    if (inFlight === "kept" && this.#inFlight !== null) this.#disk.write(this.#inFlight);
    this.#disk.forget(forgotten);
  }

  async close(): Promise<void> {
    this.flushNow();
    this.#timer?.cancel();
    this.#closed = true;
  }

  async leaves(from: number, limit: number): Promise<readonly string[]> {
    const to = from + Math.min(limit, LEAVES_PER_ANSWER_MAX);
    return this.#disk.leaves.slice(from, to).map(({ text }) => text);
  }

  async indexAt(utc: number): Promise<number> {
    const index = this.#disk.leaves.findIndex((leaf) => leaf.utc !== null && leaf.utc >= utc);
    return index < 0 ? this.committedSize : index;
  }

  async newestOf(
    types: readonly LeafType[],
    before: number,
    limit: number,
  ): Promise<readonly FoundLeaf[]> {
    const found: FoundLeaf[] = [];
    for (let index = Math.min(before, this.committedSize) - 1; index >= 0; index--) {
      if (found.length === Math.min(limit, LEAVES_PER_ANSWER_MAX)) break;
      const { type, text } = this.#disk.leaves[index]!;
      if (types.includes(type)) found.push({ index, leaf: text });
    }
    return found;
  }

  async inclusion(index: number, size: number): Promise<readonly string[]> {
    this.#checkSize(size);
    return inclusionProof(index, size, this.#nodeAt).map(toBase64);
  }

  async consistency(first: number, second: number): Promise<readonly string[]> {
    this.#checkSize(second);
    return consistencyProof(first, second, this.#nodeAt).map(toBase64);
  }

  async frontier(size: number): Promise<readonly string[]> {
    this.#checkSize(size);
    return peaksOf(size, this.#nodeAt).map(toBase64);
  }

  async checkpoints(sizeMin: number, sizeMax: number, limit: number): Promise<readonly string[]> {
    return [...this.#disk.checkpoints]
      .filter(([size]) => size >= sizeMin && size <= sizeMax)
      .sort(([one], [other]) => one - other)
      .slice(0, Math.min(limit, CHECKPOINTS_PER_ANSWER_MAX))
      .map(([, note]) => note);
  }

  readonly #nodeAt = (level: number, position: number): Uint8Array => {
    const hash = this.#disk.nodes[storedAt(level, position)];
    assert(hash !== undefined, "every complete subtree of the tree has its hash");
    return hash;
  };

  #checkSize(size: number): void {
    if (size > this.committedSize) throw new RangeError("the tree is not that large");
  }

  #begin(): void {
    if (this.#closed || this.#inFlight !== null) return;
    this.#inFlight = this.#queue.take(this.committedSize);
    if (this.#inFlight !== null) this.#arm(this.#options.commitMs ?? COMMIT_MS);
  }

  #arm(delayMs: number): void {
    this.#timer = this.#options.timers.after(delayMs, () => this.#finish());
  }

  #finish(): void {
    this.#timer?.cancel();
    const { corruption, refusal, leaves } = this.#disk;
    if (corruption !== null) {
      const remains = { size: leaves.length, firstLeaf: null, checkpoint: null };
      this.#inFlight = null;
      this.#closed = true;
      this.#options.onFailure?.(new LedgerCorrupt(corruption, remains));
    } else if (refusal !== null) this.#arm(RETRY_MS);
    else {
      this.#disk.write(this.#inFlight!);
      this.#inFlight = null;
      this.#begin();
      this.#options.onCommitted?.(this.committedSize);
    }
  }
}
