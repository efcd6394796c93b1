// The writing half of the journal, as the storage thread runs it: one transaction for each batch,
// synced to the disk before anybody is told of it.

import { epochOf, type JournalDatabase, openForWriting, type Statement } from "./database.ts";
import { KINDS, type RecordClass } from "./record.ts";
import { RowBatch, type SealedBatch, type Timebase } from "./row-batch.ts";

/** What is now on the disk. */
export interface Committed {
  readonly oldest: number;
  readonly newest: number;
  /** Bytes of the file that are in use. */
  readonly bytes: number;
}

/** Rows that one commit may drop to come back under the quota: bounds how long a commit takes. */
const DROPPED_ROWS_MAX = 20_000;
/** One commit drops at most this part of what there is, so that a small quota keeps most of it. */
const DROPPED_PART = 1 / 8;
/** Commits between two looks at the file's size. */
const QUOTA_EVERY_COMMITS = 16;

const SAMPLE = KINDS.findIndex(([kind]) => kind === "sample");

export interface JournalWriterOptions {
  readonly path: string;
  /** For a journal that has to be made: its random id. */
  readonly epoch: string;
  /** The names behind the signal positions in the batches. */
  readonly signals: readonly string[];
  /** Above this the oldest records are dropped, with a gap that says so. In bytes. */
  readonly sizeMax: number;
}

export class JournalWriter {
  readonly epoch: string;
  readonly #database: JournalDatabase;
  readonly #sizeMax: number;
  readonly #signalIds: Int32Array;
  readonly #insert: Statement;
  readonly #insertTimebase: Statement;
  readonly #acknowledge: Statement;
  #timebase: Timebase | null = null;
  #timebaseId = 0;
  #oldest: number;
  #newest: number;
  #bytes: number;
  #commitsUntilQuota = 0;

  constructor(options: JournalWriterOptions) {
    this.#database = openForWriting(options.path, options.epoch);
    this.#sizeMax = options.sizeMax;
    this.epoch = epochOf(this.#database);
    this.#insert = this.#database.prepare("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    this.#insertTimebase = this.#database.prepare(
      "INSERT INTO timebases (boot, utc_offset, tq, err) VALUES (?, ?, ?, ?)",
    );
    this.#acknowledge = this.#database.prepare(
      `INSERT INTO consumers VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET seq = max(seq, excluded.seq)`,
    );
    this.#signalIds = this.#idsOf(options.signals);
    const range = this.#database
      .prepare("SELECT min(seq) AS oldest, max(seq) AS newest FROM records")
      .get() as { oldest: number | null; newest: number | null };
    const gap = this.#database.prepare("SELECT max(last) AS last FROM gaps").get() as {
      last: number | null;
    };
    this.#newest = range.newest ?? gap.last ?? 0;
    this.#oldest = range.oldest ?? this.#newest + 1;
    this.#bytes = this.#usedBytes();
  }

  get committed(): Committed {
    return { oldest: this.#oldest, newest: this.#newest, bytes: this.#bytes };
  }

  /** Appends a batch in one synced transaction. Throws without having written anything of it. */
  append(batch: SealedBatch): Committed {
    const first = this.#newest + 1;
    let oldest: number;
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      this.#useTimebase(batch.timebase);
      this.#insertRows(batch, first);
      oldest = this.#keepQuota();
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
      this.#timebase = null;
      throw error;
    }
    this.#oldest = oldest;
    this.#newest = first + batch.count - 1;
    return this.committed;
  }

  /** A consumer has everything up to `seq`. Synced before it returns. */
  acknowledge(consumer: string, seq: number): void {
    this.#acknowledge.run(consumer, seq);
  }

  close(): void {
    this.#database.close();
  }

  #insertRows({ buffer, count, bodies }: SealedBatch, first: number): void {
    const { mono, value, signal, kind, code } = new RowBatch(buffer);
    const timebase = this.#timebaseId;
    // Hot path: every record of the machine's life.
    for (let row = 0; row < count; row++) {
      if (kind[row] === SAMPLE) {
        this.#insert.run(
          first + row,
          timebase,
          mono[row],
          SAMPLE,
          this.#signalIds[signal[row]!],
          Number.isNaN(value[row]!) ? null : value[row],
          code[row],
          null,
        );
      } else {
        this.#insert.run(
          first + row,
          timebase,
          mono[row],
          kind[row],
          null,
          null,
          null,
          bodies.get(row),
        );
      }
    }
  }

  #useTimebase(timebase: Timebase): void {
    const known = this.#timebase;
    if (
      known !== null &&
      known.boot === timebase.boot &&
      known.utcOffset === timebase.utcOffset &&
      known.tq === timebase.tq &&
      known.err === timebase.err
    ) {
      return;
    }
    const { boot, utcOffset, tq, err } = timebase;
    const { lastInsertRowid } = this.#insertTimebase.run(boot, utcOffset, tq, err);
    this.#timebaseId = Number(lastInsertRowid);
    this.#timebase = timebase;
  }

  /**
   * Drops the oldest records when the file is too large. They become one gap at the beginning.
   * Returns the oldest that is left, which holds once the transaction is committed.
   */
  #keepQuota(): number {
    if (this.#commitsUntilQuota-- > 0) return this.#oldest;
    this.#bytes = this.#usedBytes();
    this.#commitsUntilQuota = this.#bytes > this.#sizeMax ? 0 : QUOTA_EVERY_COMMITS;
    if (this.#bytes <= this.#sizeMax) return this.#oldest;
    const part = Math.ceil((this.#newest - this.#oldest) * DROPPED_PART);
    const last = this.#oldest + Math.min(part, DROPPED_ROWS_MAX) - 1;
    if (last < this.#oldest) return this.#oldest;
    const counts = this.#countsOfGap();
    const dropped = this.#database
      .prepare("SELECT kind, count(*) AS count FROM records WHERE seq <= ? GROUP BY kind")
      .all(last) as { kind: number; count: number }[];
    for (const { kind, count } of dropped) {
      const recordClass: RecordClass = KINDS[kind]![1];
      counts[recordClass] = (counts[recordClass] ?? 0) + count;
    }
    this.#database.prepare("DELETE FROM records WHERE seq <= ?").run(last);
    this.#database.prepare("DELETE FROM gaps").run();
    this.#database
      .prepare("INSERT INTO gaps VALUES (1, ?, 'quota', ?)")
      .run(last, JSON.stringify(counts));
    return last + 1;
  }

  #countsOfGap(): Partial<Record<RecordClass, number>> {
    const row = this.#database.prepare("SELECT counts FROM gaps").get() as
      | { counts: string }
      | undefined;
    return row ? (JSON.parse(row.counts) as Partial<Record<RecordClass, number>>) : {};
  }

  #usedBytes(): number {
    const pragma = (name: string) => this.#database.pragma(name, { simple: true }) as number;
    return (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
  }

  #idsOf(names: readonly string[]): Int32Array {
    const add = this.#database.prepare("INSERT OR IGNORE INTO signals (name) VALUES (?)");
    const find = this.#database.prepare("SELECT id FROM signals WHERE name = ?").pluck();
    return this.#database.transaction(() =>
      Int32Array.from(names, (name) => {
        add.run(name);
        return find.get(name) as number;
      }),
    )();
  }
}
