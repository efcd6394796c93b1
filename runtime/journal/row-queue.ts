// The rows that wait in memory for the storage thread: one batch that is being filled and a bounded
// queue of full ones. While the disk is slow or full, a batch goes on filling, so that what fits in
// memory is counted in rows and not in commits.

import type { Clock, Mono } from "../signal/instant.ts";
import { KINDS, type Kind } from "./record.ts";
import {
  BATCH_ROWS_MAX,
  RowBatch,
  type SealedBatch,
  type Timebase,
  timebaseOf,
} from "./row-batch.ts";

/**
 * Batches that may wait for the disk: half a million samples, 12 MB. Beyond, rows are dropped and
 * counted.
 */
export const BATCHES_WAITING_MAX = 64;

const SAMPLE = KINDS.findIndex(([kind]) => kind === "sample");
const JOURNAL = KINDS.findIndex(([kind]) => kind === "journal");

export class RowQueue {
  readonly #clock: Clock;
  #batch = new RowBatch();
  #count = 0;
  #bodies = new Map<number, string>();
  #timebase: Timebase | null = null;
  readonly #full: SealedBatch[] = [];
  /** Buffers that came back; never more than were out. */
  readonly #spare: ArrayBuffer[] = [];
  #acceptedRows = 0;
  #droppedRows = 0;
  #droppedRowsReported = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Rows that were taken in so far. */
  get acceptedRows(): number {
    return this.#acceptedRows;
  }

  /** Rows that found no room. */
  get droppedRows(): number {
    return this.#droppedRows;
  }

  /** Whether batches wait that cannot take another row. */
  get hasFull(): boolean {
    return this.#full.length > 0;
  }

  /** Hot path: once per recorded sample, no allocation. */
  sample(signal: number, value: number, code: number, at: Mono): void {
    const row = this.#row(at);
    if (row < 0) return;
    this.#batch.kind[row] = SAMPLE;
    this.#batch.signal[row] = signal;
    this.#batch.value[row] = value;
    this.#batch.code[row] = code;
  }

  /** `body` is the text of a JSON object with at least one field. */
  record(kind: Kind, body: string, at: Mono): void {
    const row = this.#row(at);
    if (row < 0) return;
    this.#batch.kind[row] = KINDS.findIndex(([name]) => name === kind);
    this.#bodies.set(row, body);
  }

  /** The oldest rows, or null where there are none. */
  take(): SealedBatch | null {
    return this.#full.shift() ?? (this.#count === 0 ? null : this.#detach());
  }

  /**
   * A batch has one timebase: where the clock says another one by now, rows to come get a new
   * batch.
   */
  splitWhereDatedAnew(): void {
    const now = timebaseOf(this.#clock.instantAt(this.#clock.mono()));
    if (this.#count > 0 && !isSame(now, this.#timebase!)) this.#seal();
  }

  /** The buffer of a batch that is on the disk. */
  giveBack(buffer: ArrayBuffer): void {
    this.#spare.push(buffer);
  }

  /** The next row of the batch, or -1 where there is no room in memory. */
  #row(at: Mono): number {
    if (this.#count === BATCH_ROWS_MAX && !this.#seal()) {
      this.#droppedRows++;
      return -1;
    }
    if (this.#droppedRows > this.#droppedRowsReported) this.#reportDropped(at);
    return this.#nextRow(at);
  }

  #nextRow(at: Mono): number {
    if (this.#count === 0) this.#timebase = timebaseOf(this.#clock.instantAt(at));
    const row = this.#count++;
    this.#batch.mono[row] = at;
    this.#acceptedRows++;
    return row;
  }

  /**
   * Says in sequence how many rows are missing here. Only called on a batch that was just begun.
   */
  #reportDropped(at: Mono): void {
    const rows = this.#droppedRows - this.#droppedRowsReported;
    this.#droppedRowsReported = this.#droppedRows;
    const row = this.#nextRow(at);
    this.#batch.kind[row] = JOURNAL;
    this.#bodies.set(row, JSON.stringify({ name: "rows-dropped", detail: { rows } }));
  }

  #seal(): boolean {
    if (this.#full.length >= BATCHES_WAITING_MAX) return false;
    this.#full.push(this.#detach());
    return true;
  }

  #detach(): SealedBatch {
    const batch: SealedBatch = {
      buffer: this.#batch.buffer,
      count: this.#count,
      bodies: this.#bodies,
      timebase: this.#timebase!,
    };
    this.#batch = new RowBatch(this.#spare.pop());
    this.#bodies = new Map();
    this.#count = 0;
    return batch;
  }
}

function isSame(a: Timebase, b: Timebase): boolean {
  return a.boot === b.boot && a.utcOffset === b.utcOffset && a.tq === b.tq && a.err === b.err;
}
