// What is learned of a process from its first rows: for each column one chart of its own level, and
// for each that the others foretell one of its difference from what they foretell (regression-
// adjusted variables, after D. M. Hawkins, Technometrics 33, 1991). Both are exponentially weighted
// means (EWMA), with limits from the learning rows.

import { isMeasured } from "./judgement.ts";
import {
  correlationRows,
  inverse,
  mean,
  median,
  robustDeviation,
  studentQuantile,
  variance,
  wanderShare,
} from "./statistics.ts";

/** A smoothing over some ten rows: single rows of a process say little. */
export const SMOOTHING = 0.1;
/** Of the level of a column that wandered while it was learned. */
export const WANDER_GAIN = 1 / 40;

/** In deviations: what is further out must not bend what is learned. */
const LEARN_CLIP = 5;
/** A column whose means over a fifth of the rows hold more of its variance has no level. */
const WANDER_SHARE_MAX = 0.25;
/** Added to the diagonal of the correlations: columns that tell the same must not divide by 0. */
const RIDGE = 0.05;
/** The others must explain half of a column before they may speak for it. */
const FORETOLD_SHARE_LEAST = 0.5;
/** In deviations of single rows: less is no change of a machine, however exactly it is known. */
const SMOOTHED_DEVIATION_LEAST = 0.5;
/** The same for distances from the level: about twice the spread begins to be one. */
const SPREAD_LEAST = 0.35;
/** In deviations of the column: what is foretold better than that is foretold exactly. */
const RELATION_SCALE_LEAST = 1e-3;
/** Rows at the beginning over which the smoothing settles. */
const SETTLE_ROWS = 40;
/** What is missing more often is not watched. */
const MISSING_SHARE_MAX = 0.5;

export interface Chart {
  /** Which column it speaks for. */
  readonly column: number;
  /** Of the row of deviations; 1 at its own column. */
  readonly weights: Float64Array;
  readonly centre: number;
  readonly scale: number;
  /** No level was found while learning: it is judged by its changes alone. */
  readonly isWandering: boolean;
  /** Of the smoothed value's distance from the level. */
  readonly limit: number;
  level: number;
  smoothed: number;
}

/** Of a column's distances from its level: a machine that grows restless has no other mean. */
export interface SpreadChart {
  readonly of: Chart;
  readonly distances: Chart;
}

export interface Charts {
  /** Of each column. */
  readonly centres: Float64Array;
  readonly scales: Float64Array;
  /** One for each column that is watched. */
  readonly levels: readonly Chart[];
  /** Of columns that others foretell. */
  readonly relations: readonly Chart[];
  /** Of columns that have a level. */
  readonly spreads: readonly SpreadChart[];
}

/** @param table `rows` times `columns`, NaN where a cell is missing. */
export function learnCharts(table: Float64Array, rows: number, columns: number): Charts {
  const centres = new Float64Array(columns);
  const scales = new Float64Array(columns).fill(1);
  const deviations: Float64Array[] = [];
  const watched: number[] = [];
  for (let column = 0; column < columns; column++) {
    const values = new Float64Array(rows);
    for (let row = 0; row < rows; row++) values[row] = table[row * columns + column]!;
    const present = values.filter(isMeasured);
    if (present.length === 0 || present.length < rows * (1 - MISSING_SHARE_MAX)) continue;
    const centre = median(present);
    // Sensors that rest most of the time have no median deviation; a constant has none at all, and
    // any change of it is one.
    const scale = Math.max(
      robustDeviation(present, centre),
      0.3 * Math.sqrt(variance(present)),
      1e-6 * Math.abs(centre),
      Number.EPSILON,
    );
    centres[column] = centre;
    scales[column] = scale;
    watched.push(column);
    deviations.push(values.map((value) => clip(isMeasured(value) ? value - centre : 0, scale)));
  }
  const levels = watched.map((column, at) => {
    const weights = new Float64Array(columns);
    weights[column] = 1;
    return chartOf({ column, weights }, deviations[at]!);
  });
  // What wanders by chance alike what does not seems to explain it, and soon leads it astray
  // (Granger and Newbold, "Spurious regressions in econometrics", 1974).
  const relations = [true, false].flatMap((isWandering) => {
    const among = watched
      .map((_, at) => at)
      .filter((at) => levels[at]!.isWandering === isWandering);
    return relationsOf(
      among.map((at) => watched[at]!),
      among.map((at) => deviations[at]!),
      columns,
    );
  });
  return { centres, scales, levels, relations, spreads: spreadsOf(levels, deviations) };
}

function clip(difference: number, scale: number): number {
  return Math.min(LEARN_CLIP, Math.max(-LEARN_CLIP, difference / scale));
}

function spreadsOf(levels: readonly Chart[], deviations: readonly Float64Array[]): SpreadChart[] {
  return levels
    .map((of, at) => {
      const distances = deviations[at]!.map((value) => Math.abs(value - of.level));
      const { column, weights } = of;
      return { of, distances: chartOf({ column, weights, least: SPREAD_LEAST }, distances) };
    })
    .filter(({ of, distances }) => !of.isWandering && !distances.isWandering);
}

/** From the inverse of the correlations: the regression of each column on all the others. */
function relationsOf(
  watched: readonly number[],
  deviations: readonly Float64Array[],
  columns: number,
): Chart[] {
  const size = watched.length;
  const spreads = deviations.map((values) => Math.sqrt(variance(values)));
  const means = deviations.map(mean);
  const correlations = new Float64Array(size * size);
  for (let one = 0; one < size; one++) {
    for (let other = 0; other < size; other++) {
      const divisor = spreads[one]! * spreads[other]!;
      let sum = 0;
      for (let row = 0; row < deviations[one]!.length; row++) {
        sum += (deviations[one]![row]! - means[one]!) * (deviations[other]![row]! - means[other]!);
      }
      const correlation = divisor > 0 ? sum / deviations[one]!.length / divisor : 0;
      correlations[one * size + other] = one === other ? 1 + RIDGE : correlation;
    }
  }
  const precision = inverse(correlations, size);
  const charts: Chart[] = [];
  for (let one = 0; one < size; one++) {
    const own = precision[one * size + one]!;
    if (1 / own / (1 + RIDGE) >= 1 - FORETOLD_SHARE_LEAST) continue;
    const weights = new Float64Array(columns);
    for (let other = 0; other < size; other++) {
      if (spreads[other]! === 0) continue;
      const share = precision[one * size + other]! / own;
      weights[watched[other]!] = (share * spreads[one]!) / spreads[other]!;
    }
    const differences = new Float64Array(deviations[one]!.length);
    for (const [other, values] of deviations.entries()) {
      const weight = weights[watched[other]!]!;
      for (let row = 0; row < values.length; row++) differences[row]! += weight * values[row]!;
    }
    const centre = median(differences);
    const scale = Math.max(robustDeviation(differences, centre), RELATION_SCALE_LEAST);
    const scaled = differences.map((difference) => clip(difference - centre, scale));
    charts.push(chartOf({ column: watched[one]!, weights, centre, scale }, scaled));
  }
  return charts;
}

interface ChartedValue {
  readonly column: number;
  readonly weights: Float64Array;
  readonly centre?: number;
  readonly scale?: number;
  /** The smoothed value's deviation is taken for no smaller. */
  readonly least?: number;
}

/** @param values as they are charted, in deviations. */
function chartOf(of: ChartedValue, values: Float64Array): Chart {
  const { column, weights, centre = 0, scale = 1, least = SMOOTHED_DEVIATION_LEAST } = of;
  const rows = values.length;
  const isWandering = wanderShare(values) > WANDER_SHARE_MAX;
  const settle = Math.min(SETTLE_ROWS, Math.floor(rows / 5));
  let level = mean(values.subarray(0, settle));
  let smoothed = level;
  const distances = new Float64Array(rows - settle);
  const smooth = new Float64Array(rows - settle);
  for (const [row, value] of values.entries()) {
    smoothed += SMOOTHING * (value - smoothed);
    if (row >= settle) {
      distances[row - settle] = smoothed - level;
      smooth[row - settle] = smoothed;
    }
    level += Math.max(WANDER_GAIN, 1 / (row + 2)) * (value - level);
  }
  const independent = Math.max(isWandering ? 1 / WANDER_GAIN : correlationRows(values), 10);
  const freedom = Math.max(rows / independent / 2 - 1, 2);
  const deviation = isWandering
    ? Math.sqrt(mean(distances.map((distance) => distance * distance)))
    : Math.sqrt(variance(smooth) * (1 + 1 / freedom));
  return {
    column,
    weights,
    centre,
    scale,
    isWandering,
    limit: Math.max(deviation, least) * studentQuantile(freedom),
    level: isWandering ? level : mean(values),
    smoothed,
  };
}
