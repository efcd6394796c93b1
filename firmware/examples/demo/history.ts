// A month in the life of the demo's compressor before the newcomer came: the same physics as the
// live plant, by the shift calendar, with one trip and one hour in which the controller did not
// answer.

import { crewAtWork, localMidnight } from "./air-demand.ts";
import { Compressor } from "./compressor.ts";
import {
  HOUR_COUNT_MS,
  HOUR_COUNTS_PER_HOUR,
  REGISTER_SIGNALS,
  rawRegisters,
} from "./registers.ts";
import { SeededRandom } from "./seeded-random.ts";
import { makeLevels, modelFeatures, setLevels, type WaveformFeatures } from "./vibration.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/**
 * The cooler is blocked at 14:20 and the network goes away at 10:05, local time, on working days.
 */
const BLOCKED_AT_MS = 14 * HOUR_MS + 20 * 60_000;
const OUTAGE_AT_MS = 10 * HOUR_MS + 5 * 60_000;
const OUTAGE_MS = HOUR_MS;
/** Where in the month they happen. */
const BLOCKED_SHARE = [0.3, 0.55] as const;
const OUTAGE_SHARE = [0.6, 0.9] as const;
/** The machine was not new when it was leased: hours, and at most so many more by seed. */
const FIRST_HOURS = 6_000;
const FIRST_HOURS_SPREAD = 800;

export interface HistoryOptions {
  readonly seed: number;
  /** Wall time of the last step. */
  readonly endUtc: number;
  readonly days: number;
  readonly stepMs: number;
}

/** One step. The same object is given each time: copy what has to last. */
export interface HistoryStep {
  /** Milliseconds since the first step. */
  readonly mono: number;
  readonly utc: number;
  /**
   * False while the controller does not answer; its registers are then NaN. The accelerometer has a
   * line of its own: the features hold all the time.
   */
  readonly answered: boolean;
  /** Raw values in the order of `REGISTER_SIGNALS`. */
  readonly registers: Float64Array;
  /** Of the second that ends here; modelled, see `modelFeatures`. */
  readonly features: Readonly<WaveformFeatures>;
  /** The controller's own hour register, also while it does not answer: `--hours` of the plant. */
  readonly hours: number;
}

/** Steps from `endUtc - days` to `endUtc`, both included. */
export function* seededHistory(options: HistoryOptions): Generator<HistoryStep, void, undefined> {
  const { seed, endUtc, days, stepMs } = options;
  const lengthMs = days * DAY_MS;
  const startUtc = endUtc - lengthMs;
  const random = new SeededRandom(seed, 3);
  const firstHours = FIRST_HOURS + FIRST_HOURS_SPREAD * random.uniform();
  const blockedAt = workingInstant(options, random, BLOCKED_SHARE, BLOCKED_AT_MS);
  const outageAt = workingInstant(options, random, OUTAGE_SHARE, OUTAGE_AT_MS);
  const compressor = new Compressor({
    seed,
    startUtc,
    motorOnMs: Math.floor(firstHours * HOUR_COUNTS_PER_HOUR) * HOUR_COUNT_MS,
    coolerFaultMeanHours: Number.POSITIVE_INFINITY,
  });
  const levels = makeLevels();
  const features: WaveformFeatures = { rms: 0, peak: 0, crestFactor: 0, kurtosis: 0 };
  const registers = new Float64Array(REGISTER_SIGNALS.length);
  const step = { mono: 0, utc: startUtc, answered: true, registers, features, hours: 0 };
  let blocked = false;
  for (let mono = 0; mono <= lengthMs; mono += stepMs) {
    if (mono > 0) compressor.step(stepMs);
    const utc = startUtc + mono;
    if (!blocked && utc >= blockedAt) {
      blocked = true;
      compressor.blockCooler();
    }
    step.mono = mono;
    step.utc = utc;
    step.answered = utc < outageAt || utc >= outageAt + OUTAGE_MS;
    rawRegisters(registers, compressor.state);
    step.hours = registers[6]! / HOUR_COUNTS_PER_HOUR;
    if (!step.answered) registers.fill(Number.NaN);
    setLevels(levels, compressor.state);
    modelFeatures(features, levels, compressor.state.shaftHz, random);
    yield step;
  }
}

/**
 * A time of day on a working day somewhere in a share of the month; Infinity where there is none.
 */
function workingInstant(
  { endUtc, days }: HistoryOptions,
  random: SeededRandom,
  [from, to]: readonly [number, number],
  timeOfDayMs: number,
): number {
  const startUtc = endUtc - days * DAY_MS;
  const first = localMidnight(startUtc + (from + (to - from) * random.uniform()) * days * DAY_MS);
  for (let day = 0; day <= days; day++) {
    const instant = first + day * DAY_MS + timeOfDayMs;
    if (instant > startUtc && instant < endUtc - 2 * HOUR_MS && crewAtWork(instant)) return instant;
  }
  return Number.POSITIVE_INFINITY;
}
