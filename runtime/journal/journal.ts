// The journal as the meter's main thread sees it: rows are put into a batch in memory, the storage
// thread makes them durable, the reading thread hands them out. The main thread never waits.

import assert from "node:assert/strict";
import { Fault } from "../signal/fault.ts";
import type { Clock, Mono } from "../signal/instant.ts";
import type { Log } from "../signal/log.ts";
import type { SpawnThread, WorkerThread } from "../signal/thread.ts";
import { atMost, type Timer, type Timers } from "../signal/timers.ts";
import { Questions } from "./questions.ts";
import {
  KINDS,
  type Kind,
  type RecordFilter,
  type RecordPage,
  type Remembered,
  type UsageDay,
} from "./record.ts";
import { type Refusal, RefusalWatch } from "./refusal-watch.ts";
import type { SealedBatch } from "./row-batch.ts";
import { RowQueue } from "./row-queue.ts";
import type {
  FromReader,
  FromWriter,
  ReaderRequest,
  ToReader,
  ToWriter,
} from "./thread-messages.ts";
import type { Committed, JournalWriterOptions } from "./writer.ts";

/** How long a refused batch waits for its next try: a full disk rarely heals sooner. */
const RETRY_MS = 2_000;
/**
 * How long a close waits for a disk that takes nothing. With `CLOSE_MS` it stays below a clean
 * stop's 5 s.
 */
const CLOSE_FLUSH_MS = 2_500;
/** How long the storage thread may take to fold its write-ahead log into the file. */
const CLOSE_MS = 1_000;

/** Kinds that are committed at once. What is only a value waits for the next commit. */
const URGENT = new Set<Kind>(KINDS.filter(([, group]) => group !== "value").map(([kind]) => kind));

export interface JournalOptions extends Omit<JournalWriterOptions, "signals"> {
  readonly signals: readonly string[];
  /** Values are durable at most this long after they came. */
  readonly commitEveryMs: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly spawn: SpawnThread;
  readonly onCommitted: (committed: Committed) => void;
  /** The journal cannot go on in this process: a thread died, or the file turned out corrupt. */
  readonly onFailure: (error: Error) => void;
}

/** The journal's file holds something that is no journal any more. */
export class JournalCorrupt extends Error {}

/** How far the disk is behind. */
export interface JournalPressure {
  /** Rows that are not on the disk yet. */
  readonly pendingRows: number;
  /** Rows that never will be. */
  readonly droppedRows: number;
  /** Null while the disk takes what it is given. */
  readonly refusal: Refusal | null;
}

export class Journal {
  readonly #options: JournalOptions;
  readonly #rows: RowQueue;
  readonly #refusals: RefusalWatch;
  #writer!: WorkerThread;
  #reader!: WorkerThread;
  #epoch = "";
  #committed: Committed = { oldest: 1, newest: 0, bytes: 0 };
  /** Rows of the batch that the storage thread has; 0 where it has none. */
  #inFlightRows = 0;
  #committedRows = 0;
  #commitTimer: Timer | null = null;
  #retryTimer: Timer | null = null;
  #commitSoon = false;
  /** A commit was asked for while another one was under way. */
  #commitNext = false;
  #opened = false;
  #closed = false;
  readonly #flushes: { readonly rows: number; readonly done: () => void }[] = [];
  readonly #questions = new Questions<FromReader["value"]>(unusable);

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#rows = new RowQueue(options.clock);
    this.#refusals = new RefusalWatch("the journal", options.clock, options.log);
  }

  get epoch(): string {
    return this.#epoch;
  }

  get committed(): Committed {
    return this.#committed;
  }

  get pressure(): JournalPressure {
    const { acceptedRows, droppedRows } = this.#rows;
    const { refusal } = this.#refusals;
    return { pendingRows: acceptedRows - this.#committedRows, droppedRows, refusal };
  }

  /** Opens or makes the file. Rejects with `JournalCorrupt`, or with a `JOURNAL_UNUSABLE` fault. */
  async open(): Promise<void> {
    const { spawn, path, epoch, signals, sizeMax, commitEveryMs, timers } = this.#options;
    const data: JournalWriterOptions = { path, epoch, signals, sizeMax };
    this.#writer = spawn("writer-thread", data);
    await new Promise<void>((resolve, reject) => {
      this.#writer.onExit((cause) => this.#threadEnded("storage", cause, reject));
      this.#writer.onMessage((message) => this.#fromWriter(message as FromWriter, resolve, reject));
    });
    this.#reader = spawn("reader-thread", { path });
    this.#reader.onExit((cause) => this.#threadEnded("reading", cause));
    this.#reader.onMessage((message) => this.#questions.answer(message as FromReader));
    this.#commitTimer = timers.every(commitEveryMs, () => this.#commit());
  }

  /** Records one sample. Hot path: no allocation. */
  sample(signal: number, value: number, code: number, at: Mono): void {
    this.#rows.sample(signal, value, code, at);
    if (this.#rows.hasFull && this.#inFlightRows === 0) this.#commit();
  }

  /** Records anything else; `body` holds the kind's own fields and must have at least one. */
  record(kind: Kind, body: object, at: Mono): void {
    // Before it takes a row: a row without its text could never be written.
    const text = JSON.stringify(body);
    assert(text !== "{}", "a record's body has at least one field");
    this.#rows.record(kind, text, at);
    if (URGENT.has(kind) && !this.#commitSoon) {
      this.#commitSoon = true;
      // What else happens in this turn of the loop goes into the same commit.
      queueMicrotask(() => this.#commit());
    }
  }

  /** Resolves when everything recorded so far is on the disk, or was dropped. */
  async flush(): Promise<void> {
    const rows = this.#rows.acceptedRows;
    if (rows === this.#committedRows) return;
    await new Promise<void>((done) => {
      this.#flushes.push({ rows, done });
      this.#commit();
    });
  }

  page(position: number, limit: number, filter: RecordFilter): Promise<RecordPage> {
    return this.#ask({ t: "page", position, limit, filter }) as Promise<RecordPage>;
  }

  usageDays(days: number): Promise<readonly UsageDay[]> {
    return this.#ask({ t: "usage-days", days }) as Promise<readonly UsageDay[]>;
  }

  remembered(): Promise<Remembered> {
    return this.#ask({ t: "remembered" }) as Promise<Remembered>;
  }

  acknowledged(): Promise<Readonly<Record<string, number>>> {
    return this.#ask({ t: "acknowledged" }) as Promise<Readonly<Record<string, number>>>;
  }

  /** Resolves when the consumer's cursor is on the disk. */
  acknowledge(consumer: string, seq: number): Promise<void> {
    return this.#question((id) =>
      this.#tellWriter({ t: "acknowledge", id, consumer, seq }),
    ) as unknown as Promise<void>;
  }

  /**
   * Writes what there is and ends both threads. A disk that refuses is not waited for: see the log.
   */
  async close(): Promise<void> {
    this.#commitTimer?.cancel();
    const { timers, log } = this.#options;
    await atMost(timers, CLOSE_FLUSH_MS, this.flush());
    const { pendingRows } = this.pressure;
    if (pendingRows > 0) log.error("the journal could not be written to its end", { pendingRows });
    this.#closed = true;
    this.#retryTimer?.cancel();
    // The writer goes last: only the last connection folds the write-ahead log into the file.
    await this.#reader.end(0);
    this.#tellWriter({ t: "close" });
    await this.#writer.end(CLOSE_MS);
    this.#questions.end("it was closed");
  }

  /** Hands the oldest rows to the storage thread, or sees to it that they follow what it has. */
  #commit(): void {
    this.#commitSoon = false;
    if (this.#closed) return;
    if (this.#inFlightRows > 0) {
      this.#commitNext = true;
      this.#rows.splitWhereDatedAnew();
      return;
    }
    const batch = this.#rows.take();
    if (batch !== null) this.#send(batch);
  }

  #send(batch: SealedBatch): void {
    this.#inFlightRows = batch.count;
    this.#tellWriter({ t: "append", batch }, [batch.buffer]);
  }

  #tellWriter(message: ToWriter, transfer: readonly ArrayBuffer[] = []): void {
    this.#writer.postMessage(message, transfer);
  }

  #fromWriter(message: FromWriter, opened: () => void, refused: (error: Error) => void): void {
    switch (message.t) {
      case "opened":
        this.#opened = true;
        this.#epoch = message.epoch;
        this.#committed = message.committed;
        opened();
        break;
      case "unusable": {
        const { corrupt, message: reason } = message;
        refused(corrupt ? new JournalCorrupt(reason) : unusable(reason));
        break;
      }
      case "committed":
        this.#batchCommitted(message);
        break;
      case "refused":
        this.#refused(message);
        break;
      case "done":
        this.#questions.answer(message);
        break;
    }
  }

  /** One batch is under way at a time, so that a retry cannot change the order. */
  #batchCommitted({ committed, buffer }: Extract<FromWriter, { t: "committed" }>): void {
    const refusalEnd = this.#refusals.written(this.pressure.pendingRows);
    this.#committedRows += this.#inFlightRows;
    this.#inFlightRows = 0;
    this.#committed = committed;
    this.#rows.giveBack(buffer);
    while (this.#flushes.length > 0 && this.#flushes[0]!.rows <= this.#committedRows) {
      this.#flushes.shift()!.done();
    }
    if (this.#commitNext || this.#rows.hasFull || this.#flushes.length > 0) {
      this.#commitNext = false;
      this.#commit();
    }
    if (refusalEnd !== null && !this.#closed) {
      const body = { name: "written-again", detail: refusalEnd };
      this.record("journal", body, this.#options.clock.mono());
    }
    this.#options.onCommitted(committed);
  }

  /** The disk is full or gone: the batch waits in memory and is tried again, in its order. */
  #refused({ message, corrupt, batch }: Extract<FromWriter, { t: "refused" }>): void {
    const { timers, onFailure } = this.#options;
    this.#refusals.refused(message, this.pressure.pendingRows);
    if (corrupt) onFailure(new JournalCorrupt(message));
    else if (!this.#closed) this.#retryTimer = timers.after(RETRY_MS, () => this.#send(batch));
  }

  #ask(request: ReaderRequest): Promise<FromReader["value"]> {
    return this.#question((id) => {
      const message: ToReader = { id, request };
      this.#reader.postMessage(message);
    });
  }

  #question(send: (id: number) => void): Promise<FromReader["value"]> {
    if (this.#closed) return Promise.reject(unusable("it was closed"));
    return this.#questions.ask(send);
  }

  /** Before the journal is open this is the answer to `open`, and afterwards a failure. */
  #threadEnded(which: string, cause: Error | null, refused?: (error: Error) => void): void {
    if (this.#closed) return;
    const reason = `the ${which} thread ended: ${cause?.message ?? "without a reason"}`;
    if (!this.#opened) {
      refused?.(unusable(reason));
      return;
    }
    this.#questions.end(reason);
    this.#options.onFailure(unusable(reason));
  }
}

function unusable(message: string): Fault {
  return new Fault(
    "JOURNAL_UNUSABLE",
    `the journal cannot be used: ${message}`,
    "look at the free space and the rights of the data directory",
  );
}
