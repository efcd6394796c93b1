// The streaming detector over the rows of a table: one row at a time, without a look ahead, with
// memory that does not grow. What is in docs/decisions/table-detector.md is decided here: one value
// is watched for news, several values together for a change of the process's state.

import type { Judgement, RowDetector } from "./judgement.ts";
import { ProcessDetector } from "./process-detector.ts";
import { SeriesDetector } from "./series-detector.ts";

/** Enough to tell how far apart values usually are. */
const LEARN_ROWS_DEFAULT = 150;
/** From fewer nothing can be learned that deserves the name. */
export const LEARN_ROWS_LEAST = 30;
/** A linear model of so many columns wants rows in proportion. */
const LEARN_ROWS_PER_COLUMN = 50;
/** The learning rows of several columns are kept: 100,000 × 64 numbers are 51 MB. */
export const LEARN_ROWS_MAX = 100_000;
/** The inverse of a matrix of that size is made once; more signals are several detectors. */
export const COLUMNS_MAX = 64;

export interface TableDetectorOptions {
  readonly columns: number;
  /** Rows at the beginning that are taken for normal; `defaultLearnRows` where not given. */
  readonly learnRows?: number;
}

export function defaultLearnRows(columns: number): number {
  return Math.max(LEARN_ROWS_DEFAULT, LEARN_ROWS_PER_COLUMN * columns);
}

export class TableDetector {
  readonly learnRows: number;
  readonly #columns: number;
  readonly #detector: RowDetector;
  readonly #judgement: Judgement = { score: 0, isAlarm: false, column: -1, isLearning: true };

  constructor({ columns, learnRows = defaultLearnRows(columns) }: TableDetectorOptions) {
    if (!(columns >= 1 && columns <= COLUMNS_MAX)) throw new RangeError("number of columns");
    if (!(learnRows >= LEARN_ROWS_LEAST && learnRows <= LEARN_ROWS_MAX))
      throw new RangeError("learning rows");
    this.learnRows = learnRows;
    this.#columns = columns;
    this.#detector =
      columns === 1 ? new SeriesDetector(learnRows) : new ProcessDetector(columns, learnRows);
  }

  /**
   * Judges the next row.
   * @param atMs its instant, for the time of day and of week; NaN where it is not known.
   * @param values one for each column; NaN is a missing cell, and so is what `isMeasured` refuses.
   * @returns the same object each time.
   */
  row(atMs: number, values: Float64Array): Readonly<Judgement> {
    if (values.length !== this.#columns) throw new RangeError("number of values");
    this.#judgement.isLearning = this.#detector.isLearning;
    this.#detector.row(atMs, values, this.#judgement);
    return this.#judgement;
  }
}
