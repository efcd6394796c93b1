// The detector for several values: multivariate statistical process control. It learns charts from
// the first rows and alarms for as long as one of them is off its level. What is alarmed on is not
// learned; the older the level gets meanwhile, the wider its limits.

import { type Chart, type Charts, learnCharts, SMOOTHING, WANDER_GAIN } from "./charts.ts";
import { ALARM_SCORE, isMeasured, type Judgement, type RowDetector } from "./judgement.ts";

/** Levels follow a machine that warms up, slower than any fault that is worth an alarm. */
const LEVEL_GAIN = 1 / 80;
/** A level that was not renewed for so many rows is worth half. */
const AGEING_ROWS = 200;
/** In deviations: one absurd row must not hold the smoothing for longer than it deserves. */
const DEVIATION_MAX = 60;
/** One row moves a level by no more than so many deviations times its gain. */
const LEVEL_STEP_MAX = 20;

export class ProcessDetector implements RowDetector {
  readonly #columns: number;
  readonly #learnRows: number;
  #table: Float64Array | null;
  #charts: Charts | null = null;
  readonly #deviations: Float64Array;
  #rows = 0;
  #speaker = -1;
  /** Rows for which the levels were not renewed, less what has been made up for. */
  #age = 0;

  constructor(columns: number, learnRows: number) {
    this.#columns = columns;
    this.#learnRows = learnRows;
    this.#table = new Float64Array(columns * learnRows);
    this.#deviations = new Float64Array(columns);
  }

  get isLearning(): boolean {
    return this.#rows < this.#learnRows;
  }

  row(_atMs: number, values: Float64Array, into: Judgement): void {
    into.score = 0;
    into.column = -1;
    into.isAlarm = false;
    if (this.#table !== null) {
      this.#learn(values);
      return;
    }
    this.#judge(this.#charts!, values, into);
  }

  #learn(values: Float64Array): void {
    this.#table!.set(values, this.#rows * this.#columns);
    this.#rows++;
    if (this.#rows < this.#learnRows) return;
    this.#charts = learnCharts(this.#table!, this.#learnRows, this.#columns);
    this.#table = null;
  }

  /** Hot path: once for each row; it allocates nothing. */
  #judge(
    { levels, relations, centres, scales }: Charts,
    values: Float64Array,
    into: Judgement,
  ): void {
    for (let column = 0; column < this.#columns; column++) {
      const deviation = (values[column]! - centres[column]!) / scales[column]!;
      this.#deviations[column] = isMeasured(values[column]!)
        ? Math.min(DEVIATION_MAX, Math.max(-DEVIATION_MAX, deviation))
        : Number.NaN;
    }
    const widening = Math.sqrt(1 + this.#age / AGEING_ROWS);
    const ofLevels = this.#mostOf(levels, widening);
    into.column = this.#speaker;
    const ofRelations = this.#mostOf(relations, widening);
    // A column off its level disturbs the relations of others: it speaks for them.
    if (ofLevels < 1 && ofRelations > ofLevels) into.column = this.#speaker;
    const most = Math.max(ofLevels, ofRelations);
    into.score = most / (most + 1);
    into.isAlarm = into.score >= ALARM_SCORE;
    if (into.isAlarm) this.#age++;
    else this.#age *= 1 - LEVEL_GAIN;
    this.#follow(levels, into.isAlarm);
    this.#follow(relations, into.isAlarm);
  }

  /** The largest distance, in limits; `#speaker` is the column it belongs to. */
  #mostOf(charts: readonly Chart[], widening: number): number {
    this.#speaker = -1;
    let most = 0;
    for (let at = 0; at < charts.length; at++) {
      const chart = charts[at]!;
      const value = this.#valueOf(chart);
      // A missing cell silences its charts for this row and leaves them as they are.
      if (Number.isNaN(value)) continue;
      chart.smoothed += SMOOTHING * (value - chart.smoothed);
      const limit = chart.isWandering ? chart.limit : chart.limit * widening;
      const ratio = Math.abs(chart.smoothed - chart.level) / limit;
      if (ratio <= most) continue;
      most = ratio;
      this.#speaker = chart.column;
    }
    return most;
  }

  #valueOf(chart: Chart): number {
    let sum = 0;
    for (let column = 0; column < this.#columns; column++) {
      const weight = chart.weights[column]!;
      // Not a product with 0: a missing cell concerns only the charts that use it.
      if (weight !== 0) sum += weight * this.#deviations[column]!;
    }
    return (sum - chart.centre) / chart.scale;
  }

  #follow(charts: readonly Chart[], isAlarm: boolean): void {
    for (let at = 0; at < charts.length; at++) {
      const chart = charts[at]!;
      if (isAlarm && !chart.isWandering) continue;
      const value = this.#valueOf(chart);
      if (Number.isNaN(value)) continue;
      const step = Math.min(LEVEL_STEP_MAX, Math.max(-LEVEL_STEP_MAX, value - chart.level));
      chart.level += (chart.isWandering ? WANDER_GAIN : LEVEL_GAIN) * step;
    }
  }
}
