// The detector for several values: multivariate statistical process control. It learns charts from
// the first rows and alarms for as long as one of them is off its level. What is alarmed on is not
// learned; the older the level gets meanwhile, the wider its limits.

import {
  type Chart,
  type Charts,
  learnCharts,
  SMOOTHING,
  type SpreadChart,
  WANDER_GAIN,
} from "./charts.ts";
import { ALARM_SCORE, isMeasured, type Judgement, type RowDetector } from "./judgement.ts";

/** Levels follow a machine that warms up, slower than any fault that is worth an alarm. */
const LEVEL_GAIN = 1 / 80;
/** A level that was not renewed for so many rows is worth half. */
const AGEING_ROWS = 200;
/** In deviations: one absurd row must not hold the smoothing for longer than it deserves. */
const DEVIATION_MAX = 60;
/** One spike is no restlessness. */
const DISTANCE_MAX = 8;
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
  #judge(charts: Charts, values: Float64Array, into: Judgement): void {
    for (let column = 0; column < this.#columns; column++) {
      const value = values[column]!;
      const deviation = (value - charts.centres[column]!) / charts.scales[column]!;
      this.#deviations[column] = isMeasured(value)
        ? Math.min(DEVIATION_MAX, Math.max(-DEVIATION_MAX, deviation))
        : Number.NaN;
    }
    const widening = Math.sqrt(1 + this.#age / AGEING_ROWS);
    let most = this.#mostOf(charts.levels, widening);
    into.column = this.#speaker;
    // A column off its level disturbs relations and its spread as well: its level speaks for them.
    const isOffLevel = most >= 1;
    const ofRelations = this.#mostOf(charts.relations, widening);
    if (!isOffLevel && ofRelations > most) into.column = this.#speaker;
    most = Math.max(most, ofRelations);
    const ofSpreads = this.#mostOfSpreads(charts.spreads, widening);
    if (!isOffLevel && ofSpreads > most) into.column = this.#speaker;
    most = Math.max(most, ofSpreads);
    into.score = most / (most + 1);
    into.isAlarm = into.score >= ALARM_SCORE;
    if (into.isAlarm) this.#age++;
    else this.#age *= 1 - LEVEL_GAIN;
    // The distances first: they are from the levels that were judged by.
    if (!into.isAlarm) this.#followSpreads(charts.spreads);
    this.#follow(charts.levels, into.isAlarm);
    this.#follow(charts.relations, into.isAlarm);
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

  #mostOfSpreads(spreads: readonly SpreadChart[], widening: number): number {
    this.#speaker = -1;
    let most = 0;
    for (let at = 0; at < spreads.length; at++) {
      const { of, distances } = spreads[at]!;
      const value = this.#distanceOf(of);
      if (Number.isNaN(value)) continue;
      distances.smoothed += SMOOTHING * (value - distances.smoothed);
      const limit = distances.limit * widening;
      const ratio = Math.abs(distances.smoothed - distances.level) / limit;
      if (ratio <= most) continue;
      most = ratio;
      this.#speaker = of.column;
    }
    return most;
  }

  #distanceOf(chart: Chart): number {
    // NaN stays NaN.
    return Math.min(DISTANCE_MAX, Math.abs(this.#valueOf(chart) - chart.level));
  }

  #followSpreads(spreads: readonly SpreadChart[]): void {
    for (let at = 0; at < spreads.length; at++) {
      const { of, distances } = spreads[at]!;
      const value = this.#distanceOf(of);
      if (!Number.isNaN(value)) distances.level += LEVEL_GAIN * (value - distances.level);
    }
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
