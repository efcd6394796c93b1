// What the samples of a window say about themselves, before any transform: are they a signal, or
// what a broken sensor, cable, converter or file makes of one?

import type { DiagnosisChannel } from "./channel.ts";
import { figure } from "./figure.ts";
import type { ValidityProblem } from "./validity.ts";

export interface MeasuredSamples {
  readonly count: number;
  /** Index of the first sample that is no finite number; −1 where all are. */
  readonly notFiniteAt: number;
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  /** Without the mean. */
  readonly rms: number;
  /** Samples in runs of equal values that are too long for the signal's own repetitions. */
  readonly frozen: number;
  readonly longestFrozen: number;
  /** Samples at the clipping level, or on a flat top where that is unknown. */
  readonly clipped: number;
  /** Each value stands so many times: a lower rate was stretched by repetition. */
  readonly heldTimes: number;
}

/**
 * Fewer samples support no statement: the RMS of noise over 256 is uncertain by ±1 ÷ √512 = 4 %,
 * its kurtosis by ±√(24 ÷ 256) = 0.3, a tenth of the value.
 */
const SAMPLES_MIN = 256;

/**
 * Equal neighbours in a run are normal where the converter is coarse or the signal slow. Of the
 * share p of equal neighbours the longest of n runs is about ln(n·(1 − p)) ÷ ln(1 ÷ p) (Erdős,
 * Rényi); a run counts as frozen beyond four times that. The recordings at hand have at most 3
 * equal samples in a row, so the floor of 32 has a tenfold margin.
 */
const FROZEN_RUN_MIN = 32;
const FROZEN_MARGIN = 4;

/** From this share of frozen samples on the sensor is stuck; below it the signal drops out. */
const STUCK_SHARE = 0.5;

/**
 * The recordings whose sensors reached their full scale have at most 4 such samples in 122,281
 * (0.003 %): nothing that a verdict hangs on. From 0.1 % on, which is each peak of a signal of
 * normal noise that is clipped at 3.3 times its RMS, shape and strength are wrong.
 */
const CLIPPED_SAMPLES_MIN = 6;
const CLIPPED_SHARE_MAX = 0.001;
/** Of full scale: converters end a few steps before it. */
const CLIPPED_FROM = 0.999;
/**
 * Where the full scale is unknown: a flat top has at least twice as many samples on the extreme
 * value as in the next 0.5 % of the range. A sine that touches its top has 0.1 times as many, and
 * normal noise about one sample in all.
 */
const TOP_RATIO_MIN = 2;
const NEXT_TO_TOP_SHARE = 0.005;

/** Changes of value that must all fit one grid before it is believed. */
const HELD_CHANGES_MIN = 64;

/** Two runs over the window; the second only over what is finite and not constant. */
export function measureSamples(
  samples: Float32Array,
  count: number,
  fullScale: number | null,
): MeasuredSamples {
  let sum = 0;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let equal = 0;
  let step = Number.POSITIVE_INFINITY;
  let heldTimes = 0;
  let changedAt = -1;
  let previous = Number.NaN;
  for (let index = 0; index < count; index++) {
    const sample = samples[index]!;
    sum += sample;
    if (sample < low) low = sample;
    if (sample > high) high = sample;
    const change = Math.abs(sample - previous);
    previous = sample;
    if (change === 0) {
      equal += 1;
      continue;
    }
    if (change < step) step = change;
    if (heldTimes === 1 || index === 0) continue;
    if (changedAt >= 0) heldTimes = greatestCommonDivisor(index - changedAt, heldTimes);
    changedAt = index;
  }
  const changes = count - 1 - equal;
  const notFiniteAt = Number.isFinite(sum) ? -1 : firstNotFinite(samples, count);
  if (count === 0 || notFiniteAt >= 0 || low === high) {
    const none = { frozen: 0, longestFrozen: 0, clipped: 0, heldTimes: 1, rms: 0 };
    return { count, notFiniteAt, low, high, mean: sum / count, ...none };
  }
  const share = equal / (count - 1);
  const usualRun = share > 0 ? Math.log(count * (1 - share)) / -Math.log(share) : 1;
  const frozenFrom = Math.max(FROZEN_RUN_MIN, Math.ceil(FROZEN_MARGIN * usualRun));
  const next = Math.max(NEXT_TO_TOP_SHARE * (high - low), 2.5 * step);
  return {
    count,
    notFiniteAt,
    low,
    high,
    mean: sum / count,
    heldTimes: changes >= HELD_CHANGES_MIN ? Math.max(1, heldTimes) : 1,
    ...measureShape(samples, count, { low, high, mean: sum / count, frozenFrom, next, fullScale }),
  };
}

interface Bounds {
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly frozenFrom: number;
  readonly next: number;
  readonly fullScale: number | null;
}

function measureShape(samples: Float32Array, count: number, bounds: Bounds) {
  const { low, high, mean, frozenFrom, next, fullScale } = bounds;
  const rail = fullScale === null ? Number.POSITIVE_INFINITY : fullScale * CLIPPED_FROM;
  let squares = 0;
  let frozen = 0;
  let longestFrozen = 0;
  let atRail = 0;
  let atHigh = 0;
  let atLow = 0;
  let nextToHigh = 0;
  let nextToLow = 0;
  let run = 1;
  const highestInside = Math.min(high - next, rail);
  const lowestInside = Math.max(low + next, -rail);
  for (let index = 0; index < count; index++) {
    const sample = samples[index]!;
    squares += (sample - mean) * (sample - mean);
    // Most samples are neither near an extreme nor like their neighbours.
    const isInside = sample < highestInside && sample > lowestInside;
    if (isInside && run === 1 && index + 1 < count && samples[index + 1] !== sample) continue;
    if (sample === high) atHigh += 1;
    else if (sample > high - next) nextToHigh += 1;
    if (sample === low) atLow += 1;
    else if (sample < low + next) nextToLow += 1;
    if (Math.abs(sample) >= rail) atRail += 1;
    if (index + 1 < count && samples[index + 1] === sample) {
      run += 1;
      continue;
    }
    // A run on an extreme is a flat top, unless it is at zero, where a lost signal lies.
    const isTop = sample !== 0 && (sample === high || sample === low);
    if (run >= frozenFrom && !isTop) {
      frozen += run;
      longestFrozen = Math.max(longestFrozen, run);
    }
    run = 1;
  }
  const highTop = atHigh >= TOP_RATIO_MIN * nextToHigh && high !== 0 ? atHigh : 0;
  const lowTop = atLow >= TOP_RATIO_MIN * nextToLow && low !== 0 ? atLow : 0;
  const flat = highTop + lowTop;
  return {
    rms: Math.sqrt(squares / count),
    frozen,
    longestFrozen,
    clipped: fullScale === null ? flat : Math.max(atRail, flat),
  };
}

/** Reports what was found; false where the samples are no signal and nothing else can be asked. */
export function judgeSamples(
  measured: MeasuredSamples,
  { rate, unit, quantity, fullScale }: DiagnosisChannel,
  problems: ValidityProblem[],
): boolean {
  const { count, notFiniteAt, low, high, frozen, longestFrozen, clipped, heldTimes } = measured;
  const nothing = (kind: ValidityProblem["kind"], message: string) => {
    problems.push({ kind, message, forbids: "everything" });
  };
  if (!(rate > 0 && Number.isFinite(rate))) {
    nothing("wrong-rate", `A rate of ${rate} samples per second is none.`);
    return false;
  }
  if (count === 0) {
    nothing("empty", "There are no samples.");
    return false;
  }
  if (notFiniteAt >= 0) {
    nothing("not-finite", `Sample ${notFiniteAt + 1} of ${count} is no finite number.`);
    return false;
  }
  if (count < SAMPLES_MIN) {
    nothing("too-short", `${count} samples are too few: ${SAMPLES_MIN} are the least.`);
    return false;
  }
  if (low === high) {
    nothing(
      "constant",
      `All ${count} samples are ${figure(low)} ${unit}: a live sensor has noise.`,
    );
    return false;
  }
  // Of what nobody knows, flat tops and rests may be the signal: a tachometer's pulses.
  if (quantity === "other" && fullScale === null) return true;
  if (heldTimes > 1) {
    const true_ = figure(rate / heldTimes);
    nothing(
      "wrong-rate",
      `Each value stands ${heldTimes} times: the rate is ${true_} Hz in truth.`,
    );
    return false;
  }
  const frozenShare = frozen / count;
  if (frozenShare >= STUCK_SHARE) {
    const seconds = figure(longestFrozen / rate);
    nothing("stuck", `The value stands still for ${seconds} s, ${percent(frozenShare)} in all.`);
    return false;
  }
  if (frozen > 0) {
    const longest = figure((1_000 * longestFrozen) / rate);
    const all = percent(frozenShare);
    nothing(
      "dropout",
      `The signal is missing for ${all} of the time, at most ${longest} ms on end.`,
    );
  }
  if (clipped >= CLIPPED_SAMPLES_MIN) {
    const share = clipped / count;
    const ends = `${figure(low)} or ${figure(high)} ${unit}`;
    problems.push({
      kind: "clipped",
      message: `${clipped} of ${count} samples are cut off, at ${ends}.`,
      forbids: share >= CLIPPED_SHARE_MAX ? "everything" : "severity",
    });
  }
  return true;
}

function percent(share: number): string {
  return `${figure(100 * share)} %`;
}

/** Of a number above zero and one that may be zero. */
function greatestCommonDivisor(a: number, b: number): number {
  let larger = a;
  let smaller = b;
  while (smaller > 0) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}

function firstNotFinite(samples: Float32Array, count: number): number {
  for (let index = 0; index < count; index++) if (!Number.isFinite(samples[index])) return index;
  // Finite 32-bit samples cannot overflow a double's sum.
  return -1;
}
