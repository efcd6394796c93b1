// The scorer of the Numenta Anomaly Benchmark: a window counts once, by its earliest alarm; each
// alarm outside of the windows costs; one threshold serves the whole corpus. After Lavin and Ahmad,
// "Evaluating Real-time Anomaly Detection Algorithms", ICMLA 2015 (arXiv:1510.03336), section II,
// and NAB 1.1 as far as the paper leaves something open.

/** What a hit, a false alarm and a missed window weigh: the three profiles of NAB. */
export interface Profile {
  readonly name: string;
  readonly hit: number;
  readonly falseAlarm: number;
  readonly miss: number;
}

export const PROFILES = {
  standard: { name: "standard", hit: 1, falseAlarm: 0.11, miss: 1 },
  rewardLowFp: { name: "reward_low_FP_rate", hit: 1, falseAlarm: 0.22, miss: 1 },
  rewardLowFn: { name: "reward_low_FN_rate", hit: 1, falseAlarm: 0.11, miss: 2 },
} as const satisfies Record<string, Profile>;

/** First and last row of a window, both inside. */
export type LabelWindow = readonly [first: number, last: number];

export interface ScoredSeries {
  readonly rows: number;
  readonly windows: readonly LabelWindow[];
  /** One for each row; what is at or above the threshold is an alarm. */
  readonly scores: Float64Array;
}

export interface Counts {
  readonly truePositives: number;
  readonly trueNegatives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
}

const PROBATION_SHARE = 0.15;
/** Longer series are not given more time to learn than one of this many rows. */
const PROBATION_ROWS_COUNTED_MAX = 5_000;
/** So far behind a window, in widths of it, a false alarm costs all of its weight. */
const POSITION_MAX = 3;

/** The rows at the beginning that nobody is judged on. */
export function probationaryRows(rows: number): number {
  return Math.min(Math.floor(PROBATION_SHARE * rows), PROBATION_SHARE * PROBATION_ROWS_COUNTED_MAX);
}

/** +1 long before `position` 0, the end of a window, and −1 long behind it. */
export function scaledSigmoid(position: number): number {
  return position > POSITION_MAX ? -1 : 2 / (1 + Math.exp(5 * position)) - 1;
}

/** What an alarm at each row is worth, before the profile's weights; a first row is worth 1. */
function worthOfRows(rows: number, windows: readonly LabelWindow[]): Float64Array {
  const worth = new Float64Array(rows).fill(-1);
  const best = scaledSigmoid(-1);
  for (const [at, [first, last]] of windows.entries()) {
    const width = last - first + 1;
    for (let row = first; row <= last; row++) {
      worth[row] = scaledSigmoid(-(last - row + 1) / width) / best;
    }
    const next = windows[at + 1]?.[0] ?? rows;
    for (let row = last + 1; row < next; row++) {
      worth[row] = scaledSigmoid((row - last) / (width - 1));
    }
  }
  return worth;
}

/** The raw score of one series at one threshold, as in NAB's tables of results. */
export function scoreSeries(series: ScoredSeries, threshold: number, profile: Profile): number {
  const { rows, windows, scores } = series;
  const worth = worthOfRows(rows, windows);
  let total = 0;
  const hits = new Float64Array(windows.length).fill(Number.NEGATIVE_INFINITY);
  for (let row = probationaryRows(rows); row < rows; row++) {
    if (scores[row]! < threshold) continue;
    const within = windows.findIndex(([first, last]) => row >= first && row <= last);
    if (within < 0) total += profile.falseAlarm * worth[row]!;
    else hits[within] = Math.max(hits[within]!, worth[row]!);
  }
  for (const hit of hits) total += Number.isFinite(hit) ? profile.hit * hit : -profile.miss;
  return total;
}

/** Rows, not windows, as NAB counts them beside its score. */
export function countRows(series: ScoredSeries, threshold: number): Counts {
  const { rows, windows, scores } = series;
  const counted = { tp: 0, tn: 0, fp: 0, fn: 0 };
  for (let row = probationaryRows(rows); row < rows; row++) {
    const isAlarm = scores[row]! >= threshold;
    if (windows.some(([first, last]) => row >= first && row <= last)) {
      counted[isAlarm ? "tp" : "fn"]++;
    } else counted[isAlarm ? "fp" : "tn"]++;
  }
  const { tp, tn, fp, fn } = counted;
  return { truePositives: tp, trueNegatives: tn, falsePositives: fp, falseNegatives: fn };
}

export interface Optimum {
  readonly threshold: number;
  readonly score: number;
}

/**
 * The threshold at which the corpus scores best, searched over all scores that occur, from the
 * highest down; of equals the highest. Above all scores nothing alarms: that is where it begins.
 */
export function optimise(corpus: readonly ScoredSeries[], profile: Profile): Optimum {
  const events = corpus.flatMap((series, of) => eventsOf(series, of, profile));
  events.sort((one, other) => other.score - one.score);
  const windows = corpus.reduce((sum, series) => sum + series.windows.length, 0);
  let score = -profile.miss * windows;
  const hits = new Map<string, number>();
  let best: Optimum = { threshold: Number.POSITIVE_INFINITY, score };
  for (const [at, event] of events.entries()) {
    if (event.window === null) score += event.value;
    else {
      const before = hits.get(event.window) ?? -profile.miss;
      if (event.value > before || !hits.has(event.window)) {
        score += event.value - before;
        hits.set(event.window, event.value);
      }
    }
    if (events[at + 1]?.score !== event.score && score > best.score) {
      best = { threshold: event.score, score };
    }
  }
  return best;
}

interface RowEvent {
  readonly score: number;
  /** What it adds; inside a window what the window is then worth. */
  readonly value: number;
  readonly window: string | null;
}

function eventsOf(series: ScoredSeries, of: number, profile: Profile): RowEvent[] {
  const { rows, windows, scores } = series;
  const worth = worthOfRows(rows, windows);
  const events: RowEvent[] = [];
  for (let row = probationaryRows(rows); row < rows; row++) {
    // Most rows of a quiet detector score nothing, and nobody puts the threshold there.
    if (scores[row]! <= 0) continue;
    const within = windows.findIndex(([first, last]) => row >= first && row <= last);
    const isInside = within >= 0;
    const value = worth[row]! * (isInside ? profile.hit : profile.falseAlarm);
    events.push({ score: scores[row]!, value, window: isInside ? `${of}/${within}` : null });
  }
  return events;
}

/** 0 for a detector that never alarms, 100 for one that alarms at each window's first row. */
export function normalise(score: number, windows: number, profile: Profile): number {
  const nothing = -profile.miss * windows;
  const perfect = profile.hit * windows;
  return (100 * (score - nothing)) / (perfect - nothing);
}
