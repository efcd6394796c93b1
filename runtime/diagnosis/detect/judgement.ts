// What a detector over tables says of one row.

/** Where an alarm begins. A score is a distance d as d ÷ (d + limit), so that the limit is ½. */
export const ALARM_SCORE = 0.5;

/** Written over with each row, so that none is allocated. */
export interface Judgement {
  /** 0 to 1. */
  score: number;
  isAlarm: boolean;
  /** Which column speaks, by its position; −1 where none does. */
  column: number;
  /** Nothing is said while it learns. */
  isLearning: boolean;
}

export interface RowDetector {
  readonly isLearning: boolean;
  /** Sets all of `into` but `isLearning`. */
  row(atMs: number, values: Float64Array, into: Judgement): void;
}

/** Its square must be a number; nothing that is measured comes near. */
const MAGNITUDE_MAX = 1e150;

/** Not missing, not infinite, not absurd. */
export function isMeasured(value: number): boolean {
  return Math.abs(value) <= MAGNITUDE_MAX;
}
