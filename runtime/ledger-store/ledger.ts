// The ledger as the meter's main thread sees it: leaves are handed over, its own thread makes them
// durable and answers questions. The main thread never waits.

import assert from "node:assert/strict";
import { Questions } from "../journal/questions.ts";
import { type Refusal, RefusalWatch } from "../journal/refusal-watch.ts";
import type { LeafType } from "../ledger/leaf.ts";
import type { TreeNode } from "../ledger/merkle.ts";
import type { LedgerReader } from "../ledger/reader.ts";
import { Fault } from "../signal/fault.ts";
import type { Clock } from "../signal/instant.ts";
import type { Log } from "../signal/log.ts";
import type { SpawnThread, WorkerThread } from "../signal/thread.ts";
import { atMost, type Timer, type Timers } from "../signal/timers.ts";
import { LeafQueue } from "./leaf-queue.ts";
import type {
  Committed,
  FromLedger,
  LedgerAnswer,
  LedgerBatch,
  LedgerOpening,
  LedgerRemains,
  LedgerRequest,
  ToLedger,
} from "./thread-messages.ts";

/** How long a refused batch waits for its next try: a full disk rarely heals sooner. */
const RETRY_MS = 2_000;
/**
 * How long a close waits for a disk that takes nothing. Closed beside the journal, both stay below
 * a clean stop's 5 s.
 */
const CLOSE_FLUSH_MS = 2_500;
/** How long the thread may take to fold its write-ahead log into the file. */
const CLOSE_MS = 1_000;

export interface LedgerOptions {
  readonly path: string;
  readonly clock: Pick<Clock, "mono">;
  readonly timers: Timers;
  readonly log: Log;
  readonly spawn: SpawnThread;
  /** So many leaves are on the disk, synced. */
  readonly onCommitted: (size: number) => void;
  /** The ledger cannot go on in this process: the thread died, or the file turned out corrupt. */
  readonly onFailure: (error: Error) => void;
}

/** The ledger's file holds something that is no ledger any more; a new segment has to follow it. */
export class LedgerCorrupt extends Error {
  readonly remains: LedgerRemains;

  constructor(message: string, remains: LedgerRemains) {
    super(message);
    this.remains = remains;
  }
}

/** How far the disk is behind. */
export interface LedgerPressure {
  /** Leaves that are not on the disk yet. */
  readonly pendingLeaves: number;
  /** Leaves that found no room. */
  readonly refusedLeaves: number;
  /** Null while the disk takes what it is given. */
  readonly refusal: Refusal | null;
}

/** What a keeper needs of a ledger; `MemoryLedger` is another one, for simulations. */
export interface LedgerStore extends Omit<LedgerReader, "facts" | "freshCheckpoint"> {
  /** Leaves that are on the disk. */
  readonly committedSize: number;
  readonly pressure: LedgerPressure;
  open(): Promise<LedgerOpening>;
  /** False where the queue is full: the leaf is not in the ledger, nor in its tree. */
  append(text: string, type: LeafType, utc: number | null, nodes: readonly TreeNode[]): boolean;
  /** A signed note; put again with cosignatures, it gets theirs beside those that it has. */
  putCheckpoint(size: number, note: string): void;
  /** Resolves when everything that was handed over is on the disk. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export class Ledger implements LedgerStore {
  readonly #options: LedgerOptions;
  readonly #queue = new LeafQueue();
  readonly #refusals: RefusalWatch;
  readonly #questions = new Questions<LedgerAnswer>(unusable);
  #thread!: WorkerThread;
  #opened = false;
  #closed = false;
  #committedSize = 0;
  /** With the leaves that wait. */
  #size = 0;
  #refusedLeaves = 0;
  /** The batch that the thread has: one at a time, so that a retry cannot change the order. */
  #inFlight: LedgerBatch | null = null;
  #commitSoon = false;
  #retryTimer: Timer | null = null;
  readonly #flushes: (() => void)[] = [];

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#refusals = new RefusalWatch("the ledger", options.clock, options.log);
  }

  get committedSize(): number {
    return this.#committedSize;
  }

  get pressure(): LedgerPressure {
    const { refusal } = this.#refusals;
    const pendingLeaves = this.#size - this.#committedSize;
    return { pendingLeaves, refusedLeaves: this.#refusedLeaves, refusal };
  }

  /** Opens or makes the file. Rejects with `LedgerCorrupt`, or with a `LEDGER_UNUSABLE` fault. */
  async open(): Promise<LedgerOpening> {
    const { spawn, path } = this.#options;
    this.#thread = spawn("ledger-thread", { path });
    const opening = await new Promise<LedgerOpening>((resolve, reject) => {
      this.#thread.onExit((cause) => this.#threadEnded(cause, reject));
      this.#thread.onMessage((message) => this.#heard(message as FromLedger, resolve, reject));
    });
    return opening;
  }

  append(text: string, type: LeafType, utc: number | null, nodes: readonly TreeNode[]): boolean {
    assert(nodes[0]?.position === this.#size, "a leaf follows the last one");
    if (!this.#queue.add({ text, type, utc, nodes }, this.#inFlight?.leaves.length ?? 0)) {
      this.#refusedLeaves++;
      return false;
    }
    this.#size++;
    this.#soon();
    return true;
  }

  putCheckpoint(size: number, note: string): void {
    assert(size <= this.#size, "a checkpoint is of leaves that were handed over");
    this.#queue.put({ size, note });
    this.#soon();
  }

  async flush(): Promise<void> {
    if (this.#inFlight === null && this.#queue.isEmpty) return;
    await new Promise<void>((done) => {
      this.#flushes.push(done);
      this.#commit();
    });
  }

  leaves(from: number, limit: number): ReturnType<LedgerReader["leaves"]> {
    return this.#ask({ t: "leaves", from, limit });
  }

  indexAt(utc: number): ReturnType<LedgerReader["indexAt"]> {
    return this.#ask({ t: "index-at", utc });
  }

  newestOf(
    types: readonly LeafType[],
    before: number,
    limit: number,
  ): ReturnType<LedgerReader["newestOf"]> {
    return this.#ask({ t: "newest-of", types, before, limit });
  }

  inclusion(index: number, size: number): ReturnType<LedgerReader["inclusion"]> {
    return this.#ask({ t: "inclusion", index, size });
  }

  consistency(first: number, second: number): ReturnType<LedgerReader["consistency"]> {
    return this.#ask({ t: "consistency", first, second });
  }

  frontier(size: number): ReturnType<LedgerReader["frontier"]> {
    return this.#ask({ t: "frontier", size });
  }

  checkpoints(
    sizeMin: number,
    sizeMax: number,
    limit: number,
  ): ReturnType<LedgerReader["checkpoints"]> {
    return this.#ask({ t: "checkpoints", sizeMin, sizeMax, limit });
  }

  /**
   * Writes what there is and ends the thread. A disk that refuses is not waited for: see the log.
   */
  async close(): Promise<void> {
    const { timers, log } = this.#options;
    await atMost(timers, CLOSE_FLUSH_MS, this.flush());
    const { pendingLeaves } = this.pressure;
    if (pendingLeaves > 0)
      log.error("the ledger could not be written to its end", { pendingLeaves });
    this.#closed = true;
    this.#retryTimer?.cancel();
    this.#tell({ t: "close" });
    await this.#thread.end(CLOSE_MS);
    this.#questions.end("it was closed");
  }

  /** What else happens in this turn of the loop goes into the same transaction. */
  #soon(): void {
    if (this.#commitSoon) return;
    this.#commitSoon = true;
    queueMicrotask(() => this.#commit());
  }

  #commit(): void {
    this.#commitSoon = false;
    if (this.#closed || this.#inFlight !== null) return;
    this.#inFlight = this.#queue.take(this.#committedSize);
    if (this.#inFlight !== null) this.#tell({ t: "append", batch: this.#inFlight });
  }

  #tell(message: ToLedger): void {
    this.#thread.postMessage(message);
  }

  #heard(
    message: FromLedger,
    opened: (opening: LedgerOpening) => void,
    refused: (error: Error) => void,
  ): void {
    switch (message.t) {
      case "opened":
        this.#opened = true;
        this.#committedSize = message.opening.size;
        this.#size = message.opening.size;
        opened(message.opening);
        break;
      case "unusable": {
        const { remains, message: reason } = message;
        // The thread ends by itself; that it does is no failure beside this one.
        this.#closed = true;
        refused(remains === null ? unusable(reason) : new LedgerCorrupt(reason, remains));
        break;
      }
      case "committed":
        this.#batchCommitted(message);
        break;
      case "refused":
        this.#batchRefused(message);
        break;
      case "answer":
        this.#questions.answer(message);
        break;
    }
  }

  #batchCommitted({ size, wrongNotes }: Committed): void {
    this.#inFlight = null;
    this.#committedSize = size;
    this.#refusals.written(this.pressure.pendingLeaves);
    for (const reason of wrongNotes) this.#options.log.error("a note is left out", { reason });
    this.#commit();
    if (this.#inFlight === null) for (const done of this.#flushes.splice(0)) done();
    this.#options.onCommitted(size);
  }

  /** The disk is full or gone: the batch waits in memory and is tried again, in its order. */
  #batchRefused({ message, corrupt }: Extract<FromLedger, { t: "refused" }>): void {
    const { timers, onFailure } = this.#options;
    const { pendingLeaves } = this.pressure;
    this.#refusals.refused(message, pendingLeaves);
    if (corrupt) {
      const remains = { size: this.#committedSize, firstLeaf: null, checkpoint: null };
      onFailure(new LedgerCorrupt(message, remains));
    } else if (!this.#closed) {
      this.#retryTimer = timers.after(RETRY_MS, () => {
        if (this.#inFlight !== null) this.#tell({ t: "append", batch: this.#inFlight });
      });
    }
  }

  #ask<Answer extends LedgerAnswer>(request: LedgerRequest): Promise<Answer> {
    if (this.#closed) return Promise.reject(unusable("it was closed"));
    const asked = this.#questions.ask((id) => this.#tell({ t: "ask", id, request }));
    return asked as Promise<unknown> as Promise<Answer>;
  }

  /** Before the ledger is open this is the answer to `open`, and afterwards a failure. */
  #threadEnded(cause: Error | null, refused: (error: Error) => void): void {
    if (this.#closed) return;
    const failure = unusable(`its thread ended: ${cause?.message ?? "without a reason"}`);
    if (!this.#opened) {
      refused(failure);
      return;
    }
    this.#questions.end(failure.message);
    this.#options.onFailure(failure);
  }
}

function unusable(reason: string): Fault {
  return new Fault(
    "LEDGER_UNUSABLE",
    `the ledger cannot be used: ${reason}`,
    "look at the free space and the rights of the data directory",
  );
}
