// The constants of the learned baselines, in one place: what they are, why, and which of them were
// chosen with recordings before our eyes (docs/decisions/baselines.md says on which).

export interface BaselineSettings {
  /** Observations of one block. A block's median and spread are the unit of learning. */
  readonly blockObservations: number;
  /** Learning takes at least so many blocks, and while the level settles at most so many. */
  readonly learningBlocksLeast: number;
  readonly learningBlocksMost: number;
  /** What is usual is taken from the last so many blocks, so that a run-in is left behind. */
  readonly usedBlocks: number;
  /** The level has settled when the medians of these blocks span less, in spreads. */
  readonly settledRangeSpreads: number;
  /** Of the smoothed observations; weight of the newest in the exponentially weighted mean. */
  readonly trendWeight: number;
  /** CUSUM: a distance below it is not evidence, whatever its duration. In spreads. */
  readonly slackSpreads: number;
  /** CUSUM: one observation counts at most so much, so that none can raise an alarm alone. */
  readonly distanceMost: number;
  /** CUSUM: evidence that raises an alarm. */
  readonly evidenceLeast: number;
  /** EWMA: a trend farther away than this for so many observations in a row raises an alarm too. */
  readonly trendSpreads: number;
  readonly trendObservations: number;
  /** Slow adaptation: by so much of a spread per observation, and in all by at most so many. */
  readonly adaptionShare: number;
  readonly adaptionMostSpreads: number;
  /** Adaptation is frozen while the trend is farther away than this. */
  readonly suspiciousSpreads: number;
  /** An interval is a stop when it is so many times the usual one. */
  readonly stopIntervals: number;
  /** Observations after a stop in which an alarm is held back and a shift is measured. */
  readonly restartObservations: number;
  /** A shift after a stop is one from so many spreads on. */
  readonly restartLeastSpreads: number;
  /** A shift at restarts is taken for the new usual up to so many spreads in all. */
  readonly restartMostSpreads: number;
  /** A departure ends when so many observations in a row were usual again. */
  readonly returnObservations: number;
  /** Correlations are shrunk towards none by at least this share. */
  readonly shrinkageLeast: number;
}

export const BASELINE_SETTINGS: BaselineSettings = {
  blockObservations: 16,
  learningBlocksLeast: 8,
  learningBlocksMost: 16,
  usedBlocks: 6,
  settledRangeSpreads: 2,
  trendWeight: 0.1,
  slackSpreads: 3,
  distanceMost: 6,
  evidenceLeast: 24,
  trendSpreads: 2.5,
  trendObservations: 64,
  adaptionShare: 0.001,
  adaptionMostSpreads: 1,
  suspiciousSpreads: 1,
  stopIntervals: 6,
  restartObservations: 16,
  restartLeastSpreads: 1,
  restartMostSpreads: 3,
  returnObservations: 128,
  shrinkageLeast: 0.3,
};

/**
 * Half a window of the running median that meets each feature first: isolated outliers end there.
 */
export const MEDIAN_OBSERVATIONS = 5;

/** More features than these dilute the distance and make the state large. */
export const FEATURES_MAX = 24;

/** Operating states that are remembered; the one that was not seen for longest goes. */
export const OPERATING_STATES_MAX = 16;

/** Characters of an operating state's name: it stands in the state that is written to disk. */
export const OPERATING_STATE_CHARACTERS_MAX = 200;
