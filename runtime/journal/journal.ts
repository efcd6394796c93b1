// The journal as the meter's main thread sees it: rows are put into a batch in memory, the storage
// thread makes them durable, the reading thread hands them out. The main thread never waits.

import { Fault } from "../signal/fault.ts";
import type { Clock, Mono } from "../signal/instant.ts";
import type { Log } from "../signal/log.ts";
import type { Timer, Timers } from "../signal/timers.ts";
import type { RecordFilter, RecordPage, UsageDayRow } from "./reader.ts";
import { KINDS, type Kind } from "./record.ts";
import {
  BATCH_ROWS_MAX,
  RowBatch,
  type SealedBatch,
  type Timebase,
  timebaseOf,
} from "./row-batch.ts";
import type {
  FromReader,
  FromWriter,
  ReaderRequest,
  SpawnThread,
  StorageThread,
  ToReader,
  ToWriter,
} from "./thread-messages.ts";
import type { Committed, JournalWriterOptions } from "./writer.ts";

/**
 * Batches that may wait for the disk: half a million samples, 12 MB. Beyond, rows are dropped and
 * counted.
 */
const BATCHES_WAITING_MAX = 64;
/** Questions to the reading thread that may be open at a time. */
const QUESTIONS_MAX = 1_000;
/** How long a refused batch waits for its next try: a full disk rarely heals sooner. */
const RETRY_MS = 2_000;
/** How long the storage thread may take to fold its write-ahead log into the file. */
const CLOSE_MS = 2_000;

const SAMPLE = KINDS.findIndex(([kind]) => kind === "sample");
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

export class Journal {
  readonly #options: JournalOptions;
  #writer!: StorageThread;
  #reader!: StorageThread;
  #epoch = "";
  #committed: Committed = { oldest: 1, newest: 0, bytes: 0 };
  #batch = new RowBatch();
  #count = 0;
  #bodies = new Map<number, string>();
  #timebase: Timebase | null = null;
  readonly #spare: ArrayBuffer[] = [];
  readonly #queue: SealedBatch[] = [];
  /** Rows of the batch that the storage thread has; 0 where it has none. */
  #inFlightRows = 0;
  #pendingRows = 0;
  #droppedRows = 0;
  #commitTimer: Timer | null = null;
  #sealSoon = false;
  #closed = false;
  readonly #idle: (() => void)[] = [];
  readonly #questions = new Map<number, (reply: FromReader) => void>();
  #nextQuestion = 1;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  get epoch(): string {
    return this.#epoch;
  }

  get committed(): Committed {
    return this.#committed;
  }

  /** Rows that are not on the disk yet, and rows that never will be. */
  get pressure(): { readonly pendingRows: number; readonly droppedRows: number } {
    return { pendingRows: this.#pendingRows, droppedRows: this.#droppedRows };
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
    this.#reader.onMessage((message) => this.#fromReader(message as FromReader));
    this.#commitTimer = timers.every(commitEveryMs, () => this.#seal());
  }

  /** Records one sample. Hot path: no allocation. */
  sample(signal: number, value: number, code: number, at: Mono): void {
    const row = this.#row(at);
    if (row < 0) return;
    this.#batch.kind[row] = SAMPLE;
    this.#batch.signal[row] = signal;
    this.#batch.value[row] = value;
    this.#batch.code[row] = code;
  }

  /** Records anything else; `body` holds the kind's own fields and must have at least one. */
  record(kind: Kind, body: object, at: Mono): void {
    const row = this.#row(at);
    if (row < 0) return;
    this.#batch.kind[row] = KINDS.findIndex(([name]) => name === kind);
    this.#bodies.set(row, JSON.stringify(body));
    if (URGENT.has(kind) && !this.#sealSoon) {
      this.#sealSoon = true;
      // What else happens in this turn of the loop goes into the same commit.
      queueMicrotask(() => this.#seal());
    }
  }

  /** Resolves when everything recorded so far is on the disk, or was dropped. */
  async flush(): Promise<void> {
    this.#seal();
    if (this.#inFlightRows === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  page(position: number, limit: number, filter: RecordFilter): Promise<RecordPage> {
    return this.#ask({ t: "page", position, limit, filter }) as Promise<RecordPage>;
  }

  usageDays(days: number): Promise<readonly UsageDayRow[]> {
    return this.#ask({ t: "usage-days", days }) as Promise<readonly UsageDayRow[]>;
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

  /** Writes what there is and ends both threads. */
  async close(): Promise<void> {
    this.#commitTimer?.cancel();
    await this.flush();
    this.#closed = true;
    this.#tellWriter({ t: "close" });
    await Promise.all([this.#writer.end(CLOSE_MS), this.#reader.end(0)]);
  }

  /** The next row of the batch, or -1 where there is no room in memory. */
  #row(at: Mono): number {
    if (this.#count === BATCH_ROWS_MAX) {
      this.#seal();
      if (this.#count === BATCH_ROWS_MAX) {
        this.#droppedRows++;
        return -1;
      }
    }
    if (this.#count === 0) this.#timebase = timebaseOf(this.#options.clock.instantAt(at));
    const row = this.#count++;
    this.#batch.mono[row] = at;
    this.#pendingRows++;
    return row;
  }

  #seal(): void {
    this.#sealSoon = false;
    if (this.#count === 0 || this.#queue.length >= BATCHES_WAITING_MAX || this.#closed) return;
    const batch: SealedBatch = {
      buffer: this.#batch.buffer,
      count: this.#count,
      bodies: this.#bodies,
      timebase: this.#timebase!,
    };
    if (this.#inFlightRows === 0) this.#send(batch);
    else this.#queue.push(batch);
    this.#batch = new RowBatch(this.#spare.pop());
    this.#bodies = new Map();
    this.#count = 0;
  }

  #tellWriter(message: ToWriter, transfer: readonly ArrayBuffer[] = []): void {
    this.#writer.postMessage(message, transfer);
  }

  #fromWriter(message: FromWriter, opened: () => void, refused: (error: Error) => void): void {
    switch (message.t) {
      case "opened":
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
        this.#pendingRows -= this.#inFlightRows;
        this.#inFlightRows = 0;
        this.#committed = message.committed;
        this.#spare.push(message.buffer);
        this.#sendNext();
        this.#options.onCommitted(message.committed);
        break;
      case "refused":
        this.#refused(message);
        break;
      case "done":
        this.#answer(message.id, message.error ? { ...message } : { id: message.id });
        break;
    }
  }

  /** The disk is full or gone: the batch waits in memory and is tried again, in its order. */
  #refused({ message, corrupt, batch }: Extract<FromWriter, { t: "refused" }>): void {
    const { log, timers, onFailure } = this.#options;
    log.error("the journal could not be written; it is tried again", {
      reason: message,
      pendingRows: this.#pendingRows,
    });
    if (corrupt) onFailure(new JournalCorrupt(message));
    timers.after(RETRY_MS, () => this.#send(batch));
  }

  /** One batch is under way at a time, so that a retry cannot change the order. */
  #sendNext(): void {
    const batch = this.#queue.shift();
    if (batch) {
      this.#send(batch);
      return;
    }
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #send(batch: SealedBatch): void {
    this.#inFlightRows = batch.count;
    this.#tellWriter({ t: "append", batch }, [batch.buffer]);
  }

  #fromReader(reply: FromReader): void {
    this.#answer(reply.id, reply);
  }

  #ask(request: ReaderRequest): Promise<FromReader["value"]> {
    return this.#question((id) => {
      const message: ToReader = { id, request };
      this.#reader.postMessage(message);
    });
  }

  #question(send: (id: number) => void): Promise<FromReader["value"]> {
    if (this.#questions.size >= QUESTIONS_MAX) {
      return Promise.reject(unusable("too many questions are open"));
    }
    return new Promise((resolve, reject) => {
      const id = this.#nextQuestion++;
      this.#questions.set(id, (reply) =>
        reply.error === undefined ? resolve(reply.value) : reject(unusable(reply.error)),
      );
      send(id);
    });
  }

  #answer(id: number, reply: FromReader): void {
    const resolve = this.#questions.get(id);
    this.#questions.delete(id);
    resolve?.(reply);
  }

  #threadEnded(which: string, cause: Error | null, refused?: (error: Error) => void): void {
    if (this.#closed) return;
    const fault = unusable(`the ${which} thread ended: ${cause?.message ?? "without a reason"}`);
    refused?.(fault);
    for (const [id] of this.#questions) this.#answer(id, { id, error: fault.message });
    this.#options.onFailure(fault);
  }
}

function unusable(message: string): Fault {
  return new Fault(
    "JOURNAL_UNUSABLE",
    `the journal cannot be used: ${message}`,
    "look at the free space and the rights of the data directory",
  );
}
