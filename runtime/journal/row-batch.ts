// Rows on their way to the storage thread: columns in one transferable buffer, so that handing over
// thousands of samples costs as much as handing over one.

import type { Instant } from "../signal/instant.ts";

/** Rows of one batch. At 200 signals a second this is 40 s; a commit comes sooner. */
export const BATCH_ROWS_MAX = 8_192;

const ROW_BYTES = 8 + 8 + 4 + 1 + 1;

/** How the monotonic times of a batch are dated. */
export interface Timebase {
  readonly boot: string;
  /** utc = mono + offset, or null where no clock can be believed. In milliseconds. */
  readonly utcOffset: number | null;
  readonly tq: Instant["tq"];
  readonly err: number | null;
}

export function timebaseOf(instant: Instant): Timebase {
  const { boot, mono, utc, tq, err } = instant;
  return { boot, utcOffset: utc === null ? null : utc - mono, tq, err };
}

export class RowBatch {
  readonly buffer: ArrayBuffer;
  readonly mono: Float64Array;
  readonly value: Float64Array;
  /** Position of the signal in the machine file, for samples. */
  readonly signal: Int32Array;
  readonly kind: Uint8Array;
  readonly code: Uint8Array;

  constructor(buffer: ArrayBuffer = new ArrayBuffer(BATCH_ROWS_MAX * ROW_BYTES)) {
    this.buffer = buffer;
    this.mono = new Float64Array(buffer, 0, BATCH_ROWS_MAX);
    this.value = new Float64Array(buffer, BATCH_ROWS_MAX * 8, BATCH_ROWS_MAX);
    this.signal = new Int32Array(buffer, BATCH_ROWS_MAX * 16, BATCH_ROWS_MAX);
    this.kind = new Uint8Array(buffer, BATCH_ROWS_MAX * 20, BATCH_ROWS_MAX);
    this.code = new Uint8Array(buffer, BATCH_ROWS_MAX * 21, BATCH_ROWS_MAX);
  }
}

/** A batch as it travels between the threads. */
export interface SealedBatch {
  readonly buffer: ArrayBuffer;
  readonly count: number;
  /** The JSON fields of the rows that are no samples: row → text. */
  readonly bodies: ReadonlyMap<number, string>;
  readonly timebase: Timebase;
}
