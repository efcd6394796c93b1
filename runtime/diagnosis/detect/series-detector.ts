// The detector for one value: news is what was never seen before, either in itself, or at this time
// of the day, or of the week. What was told is not told again for some hundred rows.

import { ALARM_SCORE, isMeasured, type Judgement, type RowDetector } from "./judgement.ts";
import { Novelty } from "./novelty.ts";
import { Season } from "./season.ts";

const DAY_MS = 86_400_000;
const DAY_BINS = 96;
const WEEK_BINS = 336;
/** Deviations from a season are averaged: the edges of a habit move by minutes from day to day. */
const SEASON_MEAN_ROWS = 12;
/** So many times the largest distance of lately score ½, where an alarm begins. */
const RATIO_OF_ALARM = 1.5;
/** What was told fades over so many rows; until then only something stronger is told. */
const TOLD_ROWS = 400;
const TOLD_AGAIN_FACTOR = 1.2;

export class SeriesDetector implements RowDetector {
  readonly #value: Novelty;
  readonly #day = new Season({ periodMs: DAY_MS, bins: DAY_BINS });
  readonly #week = new Season({ periodMs: 7 * DAY_MS, bins: WEEK_BINS });
  readonly #ofDay: Novelty;
  readonly #ofWeek: Novelty;
  readonly #learnRows: number;
  #rows = 0;
  #told = 0;

  constructor(learnRows: number) {
    this.#learnRows = learnRows;
    this.#value = new Novelty({ learnRows, meanRows: 1 });
    this.#ofDay = new Novelty({ learnRows, meanRows: SEASON_MEAN_ROWS });
    this.#ofWeek = new Novelty({ learnRows, meanRows: SEASON_MEAN_ROWS });
  }

  get isLearning(): boolean {
    return this.#rows < this.#learnRows;
  }

  /** A cell without a number says nothing and is not learned. */
  row(atMs: number, values: Float64Array, into: Judgement): void {
    const value = values[0]!;
    into.score = 0;
    into.column = -1;
    into.isAlarm = false;
    if (!isMeasured(value)) return;
    this.#rows++;
    let ratio = this.#value.add(value);
    const ofDay = this.#day.add(atMs, value);
    if (!Number.isNaN(ofDay)) ratio = Math.max(ratio, this.#ofDay.add(ofDay));
    const ofWeek = this.#week.add(atMs, value);
    if (!Number.isNaN(ofWeek)) ratio = Math.max(ratio, this.#ofWeek.add(ofWeek));
    // In this form an infinite ratio, after values that never moved, is 1.
    const strength = 1 - RATIO_OF_ALARM / (ratio + RATIO_OF_ALARM);
    const isNews = strength > this.#told * TOLD_AGAIN_FACTOR;
    this.#told *= 1 - 1 / TOLD_ROWS;
    if (strength > this.#told) this.#told = strength;
    if (!isNews) return;
    into.score = strength;
    into.column = 0;
    into.isAlarm = strength >= ALARM_SCORE;
  }
}
